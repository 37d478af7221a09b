"""`aelab train`: one run of a script, which may be a user's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from aelab.runner import launch
from aelab.sweeps.command import Word
from aelab.sweeps.scripts import find_script

Rest = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[--FLAG VALUE ...]")]


@dataclass(frozen=True)
class Train:
    """Train one run of a script: aelab train vae --data digits. All that follows the script are flags of its own.

    `aelab train vae --help` lists them.
    """

    script: Word  # vae, autoencoder, cvae, or the file of your own: path/to/script.py
    flags: Rest = ()  # of the script

    def run(self) -> None:
        """Not come to: where a command line names a script, `train` reads what follows."""


def train(word: str, flags: Sequence[str]) -> int:
    """Do what `python` with the script and its flags does; gives the exit code.

    Raises:
        ConfigError: no such script, or one that makes a table of several runs.
    """
    script = find_script(word)
    return launch.main(script.kind, script.build, flags)
