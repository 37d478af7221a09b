"""What is wrong with a command line, in one line that names the flag, what it needs, and the nearest word."""

import dataclasses
import re
from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from aelab.config.spelling import flag, nearest
from aelab.errors import ConfigError


class FlagError(ConfigError):
    """A value that its flag cannot have; `hint` is the type of the field, `value` is empty where none was given."""

    def __init__(self, name: str, value: str, hint: Any):
        got = f", got '{value}'{nearest(value, choices(hint))}" if value else ""
        super().__init__(f"{name}: needs {expected(hint)}{got}")
        self.name, self.value, self.hint = name, value, hint


def explain(kind: type, argv: Sequence[str], said: str) -> ConfigError:
    """The error behind what the parser said of the fields of `kind`."""
    hints = get_type_hints(kind, include_extras=True)
    if "Missing from" in said:
        return required([word for word in _without_default(kind).values() if word in said.split()])
    if alone := re.search(r"Missing value for argument '(\w+)'", said):  # one without a flag
        return required([_written(alone[1], hints[alone[1]])] if alone[1] in hints else [flag(alone[1])])
    named = re.search(r"--[a-z][a-z-]*", said)
    field = named.group().strip("-").replace("-", "_") if named else ""
    if field not in hints:  # the parser's own words, on one line
        return ConfigError(" ".join(re.sub(r"[^\w\s'.,:()-]|-{3,}", " ", said).split()))
    return FlagError(flag(field), _value_of(flag(field), argv), hints[field])


def required(names: Sequence[str]) -> ConfigError:
    """What to say where these were not given."""
    return ConfigError(f"the following arguments are required: {', '.join(names)}")


def empty(parsed: Any) -> list[str]:
    """The lists of a parsed command line that need a value and have none, as a usage line writes them."""
    return [word for name, word in _without_default(type(parsed)).items() if getattr(parsed, name) == ()]


def _without_default(kind: Any) -> dict[str, str]:
    """The fields that have to be given, each as a usage line writes it."""
    hints = get_type_hints(kind, include_extras=True)
    names = [field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
    return {name: _written(name, hints[name]) for name in names}


def _written(name: str, hint: Any) -> str:
    """A field as a usage line writes it: a flag, or the capital letters that stand for a word without one."""
    words = [getattr(extra, "metavar", None) for extra in getattr(hint, "__metadata__", ())]
    return next((word.split()[0] for word in words if word), flag(name))


def unknown(word: str, names: Sequence[str]) -> str:
    """What to say of a word that is neither one of the flags `names` nor a value."""
    if not word.startswith("--"):
        return "not a flag and not the value of one" + nearest(f"--{word}", names)
    return "no such flag" + nearest(word.split("=")[0], names)


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
        return " or ".join(expected(arg) for arg in args if arg is not type(None))
    return {int: "a whole number", float: "a number", bool: "no value"}.get(hint, "a value")
