"""Values of a field, from text or from Python, held against the type that a config states for it."""

import functools
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from aelab.config import HOW, LAUNCH, Bounds, Config
from aelab.config.mistakes import choices, expected
from aelab.config.spelling import nearest
from aelab.errors import ConfigError

# They change no result and no folder, so they make no point. `deterministic` rounds in another way,
# and gives each worker a core of its own; figures and checkpoints of many short runs take a part of their time.
FIXED = (HOW - {"eval_every", "save_every", "deterministic", "figures"}) | LAUNCH | {"smoke"}


@functools.cache
def hints(kind: type[Config]) -> dict[str, Any]:
    """The types of a config's fields, with their bounds."""
    return get_type_hints(kind, include_extras=True)


def hint(kind: type[Config], field: str) -> Any:
    """The type of a field that a sweep may vary.

    Raises:
        ConfigError: there is none of that name, or it is no part of a result.
    """
    known = hints(kind)
    if field not in known:
        raise ConfigError(f"{field}: no such field{nearest(field.replace('-', '_'), known)}")
    if field in FIXED:
        raise ConfigError(f"{field}: says how a run is carried out and makes no other run; leave it out of the sweep")
    return known[field]


def typed(kind: type[Config], field: str, value: Any) -> Any:
    """A value as a config holds it: `"2"`, 2 and 2.0 are one width, `"[512,256]"` and [512, 256] one list.

    Raises:
        ConfigError: one line that names the field.
    """
    declared = hint(kind, field)
    try:
        return convert(declared, value)
    except _BoundsError as error:
        raise ConfigError(f"{field}: must be {error}, got {value}") from None
    except ValueError:
        near = nearest(str(value), choices(declared))
        raise ConfigError(f"{field}: needs {_wanted(declared)}, got '{value}'{near}") from None


def _wanted(declared: Any) -> str:
    """What a value looks like in a spec, in words."""
    if get_origin(declared) is tuple:
        return "lists in brackets, as in [512,256],[128]"
    return "true or false" if declared is bool else expected(declared)


def is_whole(kind: type[Config], field: str) -> bool:
    """Whether a field counts something."""
    return isinstance(getattr(kind(), field), int)


class _BoundsError(ValueError):
    """A number of the right type that is too small or too large."""


def convert(declared: Any, value: Any) -> Any:
    """The value in a declared type; ValueError where it does not fit."""
    origin, args = get_origin(declared), get_args(declared)
    if origin is Annotated:
        return _bounded(convert(args[0], value), args[1:])
    if origin is Literal:
        return _one_of(args, value)
    if origin in (Union, UnionType):
        return _first(args, value)
    if origin is tuple:
        return tuple(convert(args[0], item) for item in _items(value))
    return _plain(declared, value)


def _plain(declared: Any, value: Any) -> Any:
    if declared is bool:
        return _one_of(("true", "false"), str(value).lower()) == "true"
    if isinstance(value, bool) or not isinstance(value, str | int | float | Path):
        raise ValueError(value)
    if declared is int:
        if isinstance(value, float) and value != int(value):
            raise ValueError(value)
        return int(value)
    return declared(value)  # float, str, Path


def _one_of(choices: tuple, value: Any) -> Any:
    for choice in choices:
        if str(choice) == str(value):
            return choice
    raise ValueError(value)


def _first(declared: tuple, value: Any) -> Any:
    error: ValueError = ValueError(value)
    for one in declared:
        try:
            return convert(one, value)
        except ValueError as reason:
            error = reason if isinstance(reason, _BoundsError) else error
    raise error


def _bounded(value: Any, extras: tuple) -> Any:
    for bounds in extras:
        if isinstance(bounds, Bounds) and value not in bounds:
            raise _BoundsError(str(bounds))
    return value


def _items(value: Any) -> list:
    """The entries of a list, from `[a,b]` or from Python."""
    if isinstance(value, list | tuple):
        return list(value)
    if not (isinstance(value, str) and value[:1] == "[" and value[-1:] == "]"):
        raise ValueError(value)
    return [item.strip() for item in value[1:-1].split(",") if item.strip()]
