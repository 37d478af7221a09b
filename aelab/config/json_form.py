"""Values from JSON held against types, and configs made of them again."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from aelab.config.fields import AnyConfig
from aelab.config.spelling import flag
from aelab.errors import ConfigError

NAMES = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true, false",
}


def misfit(value: Any, form: Any, where: str = "") -> str:
    """What is wrong with a value from JSON that is to be of a type, with its place; "" where nothing is."""
    origin, args = get_origin(form) or form, get_args(form)
    if origin in (Annotated, NotRequired):
        return misfit(value, args[0], where)
    if origin in (Union, UnionType):
        return _of_several([misfit(value, kind, where) for kind in args if kind is not type(None) or value is None])
    if origin is Literal:
        one_of = "one of " * (len(args) > 1)
        return "" if isinstance(value, str) and value in args else f"{where or 'it'} must be {one_of}{', '.join(args)}"
    kind = dict if is_typeddict(form) else {Path: str, tuple: list}.get(origin, origin)  # as JSON writes it
    if not _is(value, kind):
        return f"{where or 'it'} must be {NAMES.get(kind, kind.__name__)}"
    return next(filter(None, _within(value, form, args, where)), "")


def _of_several(wrong: list[str]) -> str:
    """What is wrong with a value that may be of any of several types, from what each of them says."""
    if not all(wrong):
        return ""
    head, heads = wrong[0].partition(" must be ")[0], {one.partition(" must be ")[0] for one in wrong}
    if len(heads) > 1:
        return min(wrong, key=len)
    return f"{head} must be {' or '.join(one.partition(' must be ')[2] for one in wrong)}"


def _is(value: Any, kind: Any) -> bool:
    """Whether a value is of a plain type; whole numbers are numbers, and fit a machine's."""
    if kind in (int, float):
        whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
        return whole or (kind is float and isinstance(value, float))
    return kind is Any or isinstance(value, kind)


def _within(value: Any, form: Any, args: tuple, where: str) -> Iterator[str]:
    """What is wrong with the parts of a value, of whose types more is known."""
    dot = f"{where}." if where else ""
    if is_typeddict(form):
        yield from (f"{dot}{name} is missing" for name in sorted(form.__required_keys__ - value.keys()))
        hints = get_type_hints(form, include_extras=True)
        yield from (misfit(value[name], hint, f"{dot}{name}") for name, hint in hints.items() if name in value)
    elif args and isinstance(value, dict):
        yield from (misfit(part, args[1], f"{dot}{name}") for name, part in value.items())
    elif args and isinstance(value, list):
        yield from (misfit(part, args[0], where) for part in value)


def from_json(kind: type[AnyConfig], fields: dict[str, Any]) -> AnyConfig:
    """The config that `stored` wrote.

    Raises:
        ConfigError: fields that this version does not know, or values that they cannot have.
    """
    hints = get_type_hints(kind)
    unknown = sorted(set(fields) - set(hints))
    if unknown:
        raise ConfigError(f"{unknown[0]}: no such setting in this version of aelab; read it with the one that wrote it")
    for name, value in fields.items():
        if wrong := misfit(value, hints[name], flag(name)):
            raise ConfigError(f"{wrong}, got {str(value)[:40]}")
    return kind(**{name: typed(value, hints[name]) for name, value in fields.items()})


def typed(value: Any, hint: Any) -> Any:
    """A value as a config holds it that JSON has as a list or a text."""
    return tuple(value) if isinstance(value, list) else Path(value) if hint is Path else value
