"""Sweeps as text: `latent_dim=2,8,32 lr=log(1e-4,1e-2,5) widths=[512,256],[128] seed=0:5`.

A term is `field=values`, and terms multiply. Values are a list, a range of whole numbers `start:stop`, or one of
`linear(low,high,count)`, `log(...)`, `uniform(...)`, `loguniform(...)`. `(beta,lr)=(1,1e-3),(4,1e-4)` goes through two
fields together, and `|` chains sweeps.
"""

import re
import runpy
from collections.abc import Callable
from pathlib import Path

from aelab.config import Config
from aelab.config.spelling import nearest
from aelab.errors import ConfigError
from aelab.sweeps.algebra import Points, chain, choose, linear, log, log_uniform, product, uniform, zipped
from aelab.sweeps.values import hint, is_whole, typed

SPREADS: dict[str, Callable[..., Points]] = {
    "linear": linear,
    "log": log,
    "uniform": uniform,
    "loguniform": log_uniform,
}


def parse(kind: type[Config], text: str) -> Points:
    """The points that a text, or the Python file that it names, describes for a config; every value is of its type.

    Raises:
        ConfigError: one line that names the field or the word.
    """
    if text.strip().endswith(".py"):
        return _from_file(kind, Path(text.strip()))
    text = re.sub(r"\s*,\s*", ",", text)
    return chain(*(product(*(_term(kind, term) for term in split(part))) for part in split(text, r"\|")))


def split(text: str, at: str = r"\s") -> list[str]:
    """Pieces of a text between separators that stand outside brackets; empty ones are left out but for commas."""
    pieces, depth = [""], 0
    for letter in text:
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and re.match(at, letter):
            pieces.append("")
        else:
            pieces[-1] += letter
    return pieces if at == "," else [piece for piece in pieces if piece.strip()]


def _term(kind: type[Config], term: str) -> Points:
    name, equals, values = term.partition("=")
    if not equals:
        raise ConfigError(f"{term}: no term of a sweep; write field=value,value")
    if name[:1] == "(" and name[-1:] == ")":
        return _together(kind, name[1:-1].split(","), values)
    return _values(kind, name, values)


def _together(kind: type[Config], names: list[str], values: str) -> Points:
    """`(beta,lr)=(1,1e-3),(4,1e-4)`."""
    rows = [split(row.strip("()") if row[:1] == "(" else row, ",") for row in split(values, ",")]
    for row in rows:
        if len(row) != len(names):
            raise ConfigError(f"({','.join(names)}): needs as many values in every bracket, got ({','.join(row)})")
    return zipped(
        *(_list(kind, name, list(column)) for name, column in zip(names, zip(*rows, strict=True), strict=True))
    )


def _values(kind: type[Config], name: str, text: str) -> Points:
    declared = hint(kind, name)
    if found := re.fullmatch(r"([a-z_]+)\((.*)\)", text):
        return _spread(kind, name, found[1], found[2])
    numbers = re.fullmatch(r"(\d*):(\d+)", text)
    if numbers and declared is not str:
        start, stop = int(numbers[1] or 0), int(numbers[2])
        for end in (start, stop - 1)[: stop - start]:
            typed(kind, name, end)  # what lies between is as good
        return _counted(name, choose(name, *range(start, stop)), text)
    return _list(kind, name, split(text, ","))


def _spread(kind: type[Config], name: str, spread: str, arguments: str) -> Points:
    if spread not in SPREADS:
        raise ConfigError(f"{name}: {spread}(…) is not one of {', '.join(SPREADS)}{nearest(spread, SPREADS)}")
    try:
        low, high, count = arguments.split(",")
        ends = float(low), float(high)
        made = SPREADS[spread](name, *ends, int(count))
    except (ValueError, ZeroDivisionError, OverflowError):
        above = ", its ends above 0" if "log" in spread else ""
        free = "; without a count it needs --search" if spread.endswith("uniform") else ""
        raise ConfigError(f"{name}: {spread} needs (low,high,count){above}, got ({arguments}){free}") from None
    values = dict.fromkeys(round(point[name]) if is_whole(kind, name) else point[name] for point in made)
    return _list(kind, name, [str(value) for value in values], f"{spread}({arguments})")


def _list(kind: type[Config], name: str, values: list[str], said: str = "") -> Points:
    if "" in values and len(values) > 1:
        raise ConfigError(f"{name}: a value is missing in '{','.join(values)}'; fill it in")
    return _counted(name, choose(name, *(typed(kind, name, value) for value in values if value)), said)


def _counted(name: str, points: Points, said: str) -> Points:
    if not points.count:
        raise ConfigError(f"{name}: an empty list{f' ({said})' if said else ''}; give it values, as in {name}=1,2")
    return points


def _from_file(kind: type[Config], path: Path) -> Points:
    """`points` of a Python file, each value held against its type.

    Raises:
        ConfigError: no file, no points in it, or what it raises.
    """
    if not path.exists():
        raise ConfigError(f"{path}: no such file; is the path right?")
    try:
        made = runpy.run_path(str(path)).get("points")
    except Exception as error:
        raise ConfigError(f"{path}: {type(error).__name__}: {error}; mend that") from None
    if made is None:
        raise ConfigError(f'{path}: defines no points; end it with points = product(choose("beta", 1, 4), seeds(3))')
    whole = [{field: typed(kind, field, value) for field, value in point.items()} for point in made]
    return Points(len(whole), frozenset(field for point in whole for field in point), lambda: iter(whole))
