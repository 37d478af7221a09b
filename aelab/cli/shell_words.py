"""What can stand at each place of a command line, for completion: read from the menus and the fields themselves."""

import dataclasses
import importlib
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_type_hints

import tyro

from aelab.cli import menu
from aelab.cli.train import Scripts, Train
from aelab.config import flag, help_page
from aelab.config.mistakes import choices
from aelab.runs import scripts


class Flag(NamedTuple):
    """A flag as it is typed."""

    name: str
    text: str
    values: tuple[str, ...] = ()  # that it takes, where they are listed
    switch: bool = False  # takes none


class Place(NamedTuple):
    """A beginning of a command line, and what may follow it."""

    words: tuple[str, ...]  # behind `aelab`
    verbs: Mapping[str, str] = {}  # what is said of each word that may follow
    flags: tuple[Flag, ...] = ()
    files: bool = False  # words without a flag may be files and folders


def places(of: menu.Menu, words: tuple[str, ...] = ()) -> Iterator[Place]:
    """All places of a menu, from the outermost."""
    yield Place(words, {name: menu.about(verb) for name, verb in of.verbs.items()})
    for name, verb in of.verbs.items():
        if isinstance(verb, menu.Menu):
            yield from places(verb, (*words, name))
        elif issubclass(verb, Scripts):
            yield from _scripts(verb, (*words, name))
        else:
            yield _verb(verb, (*words, name))


def _scripts(verb: type[Scripts], words: tuple[str, ...]) -> Iterator[Place]:
    yield Place(words, verb.names(), files=True)
    for name in verb.names():
        kind = importlib.import_module(f"{scripts.package()}.{name}").Config
        yield Place((*words, name), flags=tuple(flags(kind)))


def _verb(verb: type, words: tuple[str, ...]) -> Place:
    """A word without a flag is one of a few where its field lists them; a script; else a file."""
    hints, named = get_type_hints(verb, include_extras=True), {}
    bare = [name for name in _fields(verb) if _positional(hints[name])]
    for name in bare:
        named |= Train.names() if name == "script" else dict.fromkeys(choices(hints[name]), "")
    return Place(words, named, tuple(flags(verb)), files=any(not choices(hints[name]) for name in bare))


def flags(kind: Any) -> Iterator[Flag]:
    """The flags of a dataclass, in its order."""
    hints, texts = get_type_hints(kind, include_extras=True), help_page.comments(kind)
    for name in _fields(kind):
        if _positional(hints[name]):
            continue
        switch = _plain(hints[name]) is bool
        yield Flag(flag(name), texts.get(name, ""), () if switch else tuple(choices(hints[name])), switch)
        if switch and tyro.conf.FlagCreatePairsOff not in getattr(hints[name], "__metadata__", ()):
            yield Flag(flag(f"no_{name}"), f"not {flag(name)}", (), True)


def _fields(kind: Any) -> list[str]:
    return [field.name for field in dataclasses.fields(kind)]


def _positional(hint: Any) -> bool:
    return tyro.conf.Positional in getattr(hint, "__metadata__", ())


def _plain(hint: Any) -> Any:
    """A type without what is annotated."""
    return getattr(hint, "__origin__", hint) if hasattr(hint, "__metadata__") else hint
