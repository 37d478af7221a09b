"""`aelab launch`: one run in several processes of this machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import tyro

from aelab.config import Count
from aelab.errors import ConfigError

Rest = Annotated[tuple[str, ...], tyro.conf.Positional, tyro.conf.arg(metavar="-- COMMAND")]
EXAMPLE = "aelab launch --processes 2 -- python -m experiments.vae --data digits"


@dataclass(frozen=True)
class Launch:
    """Train one run in several processes of this machine: aelab launch --processes 2 -- python -m experiments.vae.

    What follows -- is started so many times, each time with flags that say which process it is. They meet on
    loopback. On a cluster, put srun or mpirun before the command instead.
    """

    processes: Count = 2  # of the run
    command: Rest = ()  # what to start, as python -m experiments.vae --data digits

    def run(self) -> None:
        raise ConfigError(f"launch: no command behind --; give one, as {EXAMPLE}")


def launch(verb: Launch, command: Sequence[str]) -> int:
    """Start a command in several processes; gives the exit code of the run.

    Raises:
        ConfigError: there is no command.
    """
    from aelab.runner import one_machine, parent_process

    if not command:
        verb.run()
    parent_process.end_with_parent()
    return one_machine.run(command, verb.processes)
