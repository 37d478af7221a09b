"""From a command line to one verb of a menu. A menu may hold others: `aelab data info` is a verb of the menu `data`."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from aelab.cli import pages
from aelab.config import flags, mistakes
from aelab.config.spelling import nearest
from aelab.errors import ConfigError


class Verb(Protocol):
    """A frozen dataclass, a flag a field; `run` does what the command line asks for, and may give an exit code.

    A verb whose words are the command line of something else has a class method `read`, which takes them as they are.
    """

    def run(self) -> int | None: ...


class Menu(NamedTuple):
    """Verbs by name in groups with titles, and what its help says above them."""

    about: str | None
    groups: Mapping[str, Mapping[str, Any]]  # types of verbs, or menus

    @property
    def verbs(self) -> dict[str, Any]:
        """Those of all groups."""
        return {name: verb for group in self.groups.values() for name, verb in group.items()}


def parse(menu: Menu, argv: Sequence[str], *, prog: str) -> Verb:
    """The verb that a command line names, with its flags. `--help` prints and exits with 0.

    Raises:
        ConfigError: no such verb, or a flag that does not fit, in one line that says where the help is.
    """
    word = argv[0] if argv else ""
    if word in ("-h", "--help"):
        show(menu, prog)
    if not word or word.startswith("-"):
        raise _with_help(mistakes.required(["VERB"]), prog)
    if word not in menu.verbs:
        raise _with_help(f"{word}: no such verb{nearest(word, menu.verbs)}", prog)
    chosen, prog = menu.verbs[word], f"{prog} {word}"
    if isinstance(chosen, Menu):
        return parse(chosen, argv[1:], prog=prog)
    if hasattr(chosen, "read"):
        return chosen.read(argv[1:], prog=prog)
    try:
        return flags.parse(chosen, argv[1:], prog=prog)
    except mistakes.FlagError as error:
        raise _with_help(_not_a_choice(error) or error, prog) from None
    except ConfigError as error:
        raise _with_help(error, prog) from None


def show(menu: Menu, prog: str) -> None:
    """Print the help of a menu, one line a verb, and exit with 0."""
    groups = {title: {name: about(verb) for name, verb in group.items()} for title, group in menu.groups.items()}
    pages.show(f"{prog} VERB ...", f"{menu.about} `{prog} VERB --help` says more of a verb.", groups)


def about(verb: Any) -> str:
    """The first line of what a verb or a menu says of itself."""
    return ((verb.about if isinstance(verb, Menu) else inspect.getdoc(verb)) or "").partition("\n")[0]


def _with_help(message: object, prog: str) -> ConfigError:
    return ConfigError(f"{message}; see {prog} --help")


def _not_a_choice(error: mistakes.FlagError) -> str:
    """What to say of a word that is none of those a flag admits; "" where the flag takes anything else."""
    known = mistakes.choices(error.hint)
    if not known or not error.value:
        return ""
    return f"{error.name} {error.value}: not one of {', '.join(known)}{nearest(error.value, known)}"
