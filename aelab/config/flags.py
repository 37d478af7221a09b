"""From a command line to a frozen dataclass, a flag a field, and back."""

import contextlib
import dataclasses
import io
import shlex
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import tyro

from aelab.config import files, first_run, help_page, mistakes
from aelab.config.bounds import check
from aelab.config.fields import Config
from aelab.config.nets import unread
from aelab.config.spelling import flag
from aelab.errors import ConfigError

Fields = TypeVar("Fields")  # a frozen dataclass, a flag a field


def parse(
    kind: type[Fields], argv: Sequence[str], *, prog: str, description: str | None = None, script: str = ""
) -> Fields:
    """The dataclass that `argv` describes, its numbers held against their bounds. `--help` prints and exits with 0.

    Where it has a field `config`, `--config FILE` gives values to those that `argv` does not; `script` is the name that
    such a file may say it is of.

    Raises:
        ConfigError: something that is missing, unknown or does not fit, in one line.
    """
    if issubclass(kind, Config) and {"-h", "--help"} & set(argv):
        help_page.show(kind, argv, prog=prog, description=description)
    settings: dict[str, Any] = {"prog": prog, "description": description}
    file = ""
    if "config" in get_type_hints(kind):
        file, argv = files.split(argv)
        settings |= {"default": files.defaults(kind, Path(file), script)} if file else {}
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            parsed, unknown = tyro.cli(kind, args=argv, return_unknown_args=True, **settings)
    except SystemExit as stop:
        if not stop.code:
            raise
        raise mistakes.explain(kind, argv, said.getvalue()) from None
    if unknown:
        names = [flag(name) for name in get_type_hints(kind)]
        raise ConfigError(f"{unknown[0]}: {mistakes.unknown(unknown[0], names)}")
    if empty := mistakes.empty(parsed):
        raise mistakes.required(empty)
    if isinstance(parsed, Config):
        parsed = first_run.with_defaults(parsed, _given(kind, argv, file and files.settings(kind, Path(file), script)))
    check(parsed)
    if isinstance(parsed, Config):
        _warn_of_unread(parsed)
    return parsed


def _given(kind: type, argv: Sequence[str], in_file: Iterable[str]) -> set[str]:
    """The fields that a command line or a file of settings names."""
    said = {word.partition("=")[0] for word in argv}
    return {name for name in get_type_hints(kind) if flag(name) in said} | set(in_file)


def _warn_of_unread(config: Config) -> None:
    """Say which settings were given that the chosen net does not read."""
    ignored = [field for field in dataclasses.fields(config) if field.name in unread(config.net)]
    given = [flag(field.name) for field in ignored if getattr(config, field.name) != field.default]
    if given:
        print(f"warning: --net {config.net} does not read {' '.join(given)}", file=sys.stderr)


def command_line(start: Sequence[str], config: Any) -> str:
    """The command that gives this config, as a person would type it; `start` is what follows `python`."""
    words = ["python", *start]
    first = first_run.values(config) if isinstance(config, Config) else {}
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        if value == first.get(field.name, field.default):
            continue
        if isinstance(value, bool):
            words.append(flag(field.name) if value else flag(f"no_{field.name}"))
        else:
            words += [flag(field.name), *map(str, value if isinstance(value, tuple) else (value,))]
    return shlex.join(words)


def without(argv: Sequence[str], fields: Iterable[str]) -> list[str]:
    """A command line without the flags of some fields that take a value each."""
    names, kept = {flag(name) for name in fields}, list(argv)
    for i in reversed(range(len(kept))):
        name, equals, _ = kept[i].partition("=")
        if name in names:
            del kept[i : i + (1 if equals else 2)]
    return kept


def fail(message: object) -> None:
    """Say on stderr, in one line, why a command stops."""
    print(f"error: {message}", file=sys.stderr)
