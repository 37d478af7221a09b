"""From a command line to one verb of a menu. A menu may hold others: `aelab data info` is a verb of the menu `data`."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple, Protocol, Union

import tyro

from aelab.config import flags, mistakes
from aelab.config.spelling import nearest
from aelab.errors import ConfigError


class Verb(Protocol):
    """A frozen dataclass, a flag a field; `run` does what the command line asks for."""

    def run(self) -> None: ...


class Menu(NamedTuple):
    """Verbs by name, and what its help says above them."""

    about: str | None
    verbs: Mapping[str, Any]  # a type of verb, or a menu


def parse(menu: Menu, argv: Sequence[str], *, prog: str) -> Verb:
    """The verb that a command line names, with its flags. `--help` prints and exits with 0.

    Raises:
        ConfigError: no such verb, or a flag that does not fit, in one line that says where the help is.
    """
    word = argv[0] if argv else ""
    if word in ("-h", "--help"):
        tyro.cli(_union(menu), prog=prog, description=menu.about, args=["--help"])
    if not word or word.startswith("-"):
        raise _with_help(mistakes.required(["VERB"]), prog)
    if word not in menu.verbs:
        raise _with_help(f"{word}: no such verb{nearest(word, menu.verbs)}", prog)
    chosen, prog = menu.verbs[word], f"{prog} {word}"
    if isinstance(chosen, Menu):
        return parse(chosen, argv[1:], prog=prog)
    try:
        return flags.parse(chosen, argv[1:], prog=prog)
    except mistakes.FlagError as error:
        raise _with_help(_not_a_choice(error) or error, prog) from None
    except ConfigError as error:
        raise _with_help(error, prog) from None


def _with_help(message: object, prog: str) -> ConfigError:
    return ConfigError(f"{message}; see {prog} --help")


def _not_a_choice(error: mistakes.FlagError) -> str:
    """What to say of a word that is none of those a flag admits; "" where the flag takes anything else."""
    known = mistakes.choices(error.hint)
    if not known or not error.value:
        return ""
    return f"{error.name} {error.value}: not one of {', '.join(known)}{nearest(error.value, known)}"


def _union(menu: Menu) -> Any:
    """A menu as tyro takes subcommands: a union of types with names, each described by its docstring."""
    named: list[Any] = []
    for name, verb in menu.verbs.items():
        kind, about = (_union(verb), verb.about) if isinstance(verb, Menu) else (verb, None)
        named.append(Annotated[kind, tyro.conf.subcommand(name, description=about)])  # ty: ignore[invalid-type-form]
    return Union[tuple(named)]  # noqa: UP007 - of a list that is not known here
