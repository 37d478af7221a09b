"""`aelab train` and `aelab task`: a script of one run or of a table, which may be a user's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Self

import tyro

from aelab.cli import pages
from aelab.config import mistakes
from aelab.errors import ConfigError
from aelab.runner import launch
from aelab.runs import script_list
from aelab.sweeps.command import Word
from aelab.sweeps.scripts import find_module, find_script

Rest = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[--FLAG VALUE ...]")]


@dataclass(frozen=True)
class Scripts:
    """A verb that starts scripts: what follows the name of the script is its own command line."""

    script: Word  # by its name, or the file of your own: path/to/script.py
    flags: Rest = ()  # of the script
    made_by = ""  # the function that its scripts define

    @classmethod
    def read(cls, words: Sequence[str], *, prog: str) -> Self:
        """The script that a command line names, and the words for it; `--help` prints the scripts and exits with 0.

        Raises:
            ConfigError: it names none.
        """
        if {"-h", "--help"} & set(words[:1]):
            pages.show(f"{prog} SCRIPT [--FLAG VALUE ...]", cls.__doc__, {"Scripts": cls.names()})
        if not words or words[0].startswith("-"):
            raise ConfigError(f"{mistakes.required(['SCRIPT'])}; see {prog} --help")
        return cls(words[0], tuple(words[1:]))

    @classmethod
    def names(cls) -> dict[str, str]:
        """The scripts of this package that the verb starts, each with one line about it."""
        return {name: text for name, text in script_list.described(cls.made_by).items() if name != "sweep"}


@dataclass(frozen=True)
class Train(Scripts):
    """Train one run of a script: aelab train vae --data digits. All that follows the script are flags of its own.

    `aelab train vae --help` lists them. A script of your own goes by its file: aelab train path/to/script.py.
    """

    made_by = script_list.ONE_RUN

    def run(self) -> int:
        """Do what `python` with the script and its flags does; gives the exit code.

        Raises:
            ConfigError: no such script, or one that makes a table of several runs.
        """
        script = find_script(self.script)
        return launch.main(script.kind, script.build, self.flags, prog=f"aelab train {self.script}")


@dataclass(frozen=True)
class Task(Scripts):
    """Make a table of many runs, mostly against classical methods: aelab task denoise --data tfds:mnist --seeds 0 1 2.

    `aelab task denoise --help` lists the flags of its script.
    """

    made_by = script_list.TABLE

    def run(self) -> int:
        """Do what `python` with the script and its flags does; gives the exit code.

        Raises:
            ConfigError: no such script, or one that trains one run.
        """
        script: Any = find_module(self.script)
        if not hasattr(script, "run") or not hasattr(script, "Config"):
            what = f"trains one run, as aelab train {self.script}" if hasattr(script, "build") else "makes no table"
            raise ConfigError(f"{self.script}: {what}; name a script with a `Config` and a `run`, as denoise")
        return launch.command(script.Config, script.run, self.flags, script, prog=f"aelab task {self.script}")
