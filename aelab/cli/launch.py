"""`aelab launch`: one run in several processes of this machine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Self

import tyro

from aelab.config import Count, flags
from aelab.errors import ConfigError

Rest = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="-- COMMAND")]
EXAMPLE = "aelab launch --processes 2 -- aelab train vae --data digits"


@dataclass(frozen=True)
class Launch:
    """Train one run in several processes of this machine: aelab launch --processes 2 -- aelab train vae.

    What follows -- is started so many times, each time with flags that say which process it is. They meet on
    loopback. On a cluster, put srun or mpirun before the command instead.
    """

    processes: Count = 2  # of the run
    command: Rest = ()  # what to start, as aelab train vae --data digits

    @classmethod
    def read(cls, words: Sequence[str], *, prog: str) -> Self:
        """Its own flags stand before --, the command behind it.

        Raises:
            ConfigError: a flag that does not fit, or no --.
        """
        at = words.index("--") if "--" in words else len(words)
        own = flags.parse(cls, words[:at], prog=prog)
        if own.command:
            raise ConfigError(f"launch: {own.command[0]} stands before --; give the command behind it, as {EXAMPLE}")
        return replace(own, command=tuple(words[at + 1 :]))

    def run(self) -> int:
        """Start the command in several processes; gives the exit code of the run.

        Raises:
            ConfigError: there is none.
        """
        from aelab.runner import one_machine, parent_process

        if not self.command:
            raise ConfigError(f"launch: no command behind --; give one, as {EXAMPLE}")
        parent_process.end_with_parent()
        return one_machine.run(self.command, self.processes)
