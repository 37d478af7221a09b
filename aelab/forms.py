"""What the JSON files of a run hold, as types, and values from JSON held against types."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    TypedDict,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

NAMES = {
    dict: "an object",
    list: "a list",
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true, false",
}


class Status(TypedDict, total=False):
    """status.json."""

    state: str
    step: int
    reason: str


class Summary(TypedDict, total=False):
    """summary.json; scores in nats per example or as their names say."""

    status: str
    step: int
    epochs: float
    scores: dict[str, float | None]
    params_sha256: str
    parameters: int
    trouble: list[str]


class SpecForm(TypedDict):
    """`aelab.data.source.Spec`."""

    shape: list[int]
    dtype: str
    values: Literal["unit", "real"]
    scale: NotRequired[float | list[float]]
    shift: NotRequired[float | list[float]]
    levels: NotRequired[int]
    classes: NotRequired[list[str]]
    lengths: NotRequired[list[int]]


class Data(TypedDict, total=False):
    """Which set a run saw."""

    name: str
    spec: dict[str, Any]
    splits: dict[str, dict[str, Any]]


class Session(TypedDict, total=False):
    """How and where steps were made."""

    step: int
    command: str
    how: dict[str, Any]
    fingerprint: dict[str, Any]


class Digests(TypedDict):
    """A row of digests.jsonl."""

    step: int
    state: str
    leaves: dict[str, str]


class Manifest(TypedDict, total=False):
    """manifest.json."""

    experiment: str
    config: dict[str, Any]
    config_sha256: str
    data: Data
    layers: list[dict[str, Any]]
    sessions: list[Session]
    digests: list[Digests]
    scores: dict[str, float | None]


class Row(TypedDict):
    """A row of any `.jsonl` file."""

    step: int


FILES = {"status.json": Status, "summary.json": Summary, "manifest.json": Manifest, "digests.jsonl": Digests}


def misfit(value: Any, form: Any, where: str = "") -> str:
    """What is wrong with a value from JSON that is to be of a type, with its place; "" where nothing is."""
    origin, args = get_origin(form) or form, get_args(form)
    if origin in (Annotated, NotRequired):
        return misfit(value, args[0], where)
    if origin in (Union, UnionType):
        return min((misfit(value, kind, where) for kind in args), key=len)
    if origin is Literal:
        return "" if isinstance(value, str) and value in args else f"{where or 'it'} must be one of {', '.join(args)}"
    kind = dict if is_typeddict(form) else {Path: str, tuple: list}.get(origin, origin)  # as JSON writes it
    if not _is(value, kind):
        return f"{where or 'it'} must be {NAMES.get(kind, kind.__name__)}"
    return next(filter(None, _within(value, form, args, where)), "")


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
