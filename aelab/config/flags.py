"""From a command line to a config; what cannot be parsed becomes one line that names the flag."""

import contextlib
import dataclasses
import io
import re
import shlex
import sys
from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import tyro

from aelab.config.bounds import check
from aelab.config.spelling import flag, nearest
from aelab.errors import ConfigError

Fields = TypeVar("Fields")  # a frozen dataclass, a flag a field


def parse(config: type[Fields], argv: Sequence[str], *, prog: str, description: str = "") -> Fields:
    """The config that `argv` describes, its numbers held against their bounds. `--help` prints and exits with 0.

    Raises:
        ConfigError: an unknown flag or a value that does not fit, in one line.
    """
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            parsed, unknown = tyro.cli(config, prog=prog, description=description, args=argv, return_unknown_args=True)
    except SystemExit as stop:
        if not stop.code:
            raise
        raise ConfigError(_bad_value(config, argv, said.getvalue())) from None
    if unknown:
        names = [flag(name) for name in get_type_hints(config)]
        raise ConfigError(f"{unknown[0]}: {_unknown(unknown[0], names)}")
    check(parsed)
    return parsed


def _unknown(token: str, names: Sequence[str]) -> str:
    if not token.startswith("--"):
        return "not a flag and not the value of one" + nearest(f"--{token}", names)
    return "no such flag" + nearest(token.split("=")[0], names)


def _bad_value(config: type, argv: Sequence[str], said: str) -> str:
    """What is wrong with the first flag that the parser's message names."""
    named = re.search(r"--[a-z][a-z-]*", said)
    field = named.group().strip("-").replace("-", "_") if named else ""
    hints = get_type_hints(config, include_extras=True)
    if field not in hints:
        return " ".join(re.sub(r"[^\w\s'.,:()-]|-{3,}", " ", said).split())  # the parser's own words, on one line
    value = _value_of(flag(field), argv)
    if not value:
        return f"{flag(field)}: needs {expected(hints[field])}"
    return f"{flag(field)}: needs {expected(hints[field])}, got '{value}'{nearest(value, choices(hints[field]))}"


def _value_of(name: str, argv: Sequence[str]) -> str:
    """What the command line gave after the last `name`."""
    joined = [word for token in argv for word in ([*token.split("=", 1)] if token.startswith(name + "=") else [token])]
    if name not in joined:
        return ""
    after = joined[len(joined) - joined[::-1].index(name) :]
    end = next((i for i, token in enumerate(after) if token.startswith("--")), len(after))
    return " ".join(after[:end])


def choices(hint: Any) -> list[str]:
    """The words that a type admits, where it lists them."""
    if get_origin(hint) is Literal:
        return [str(choice) for choice in get_args(hint)]
    return [choice for arg in get_args(hint) for choice in choices(arg)]


def expected(hint: Any) -> str:
    """What a value of a type looks like, in words."""
    origin, args = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return expected(args[0])
    if origin is Literal:
        return args[0] if len(args) == 1 else f"one of {', '.join(map(str, args))}"
    if origin is tuple:
        return "whole numbers separated by spaces" if int in (args[0], *get_args(args[0])) else "values"
    if origin in (Union, UnionType):
        return " or ".join(expected(arg) for arg in args)
    return {int: "a whole number", float: "a number", bool: "no value"}.get(hint, "a value")


def command_line(script: str, config: Any) -> str:
    """The command that gives this config, as a person would type it."""
    words = ["python", "-m", script]
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if value == field.default:
            continue
        if isinstance(value, bool):
            words.append(flag(field.name) if value else flag(f"no_{field.name}"))
        else:
            words += [flag(field.name), *map(str, value if isinstance(value, tuple) else (value,))]
    return shlex.join(words)


def fail(message: object) -> None:
    """Say on stderr, in one line, why a command stops."""
    print(f"error: {message}", file=sys.stderr)
