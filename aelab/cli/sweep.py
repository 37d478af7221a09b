"""`aelab sweep`: many settings of one script."""

from dataclasses import dataclass

from aelab.runner import parent_process
from aelab.sweeps import command


@dataclass(frozen=True)
class Sweep(command.Config):
    """Run one script with many settings, each in its own folder, and rank them: aelab sweep vae "beta=0.5,1 seed=0:3".

    Fields multiply. Values are a list, a range start:stop, or log(low,high,count); lists take brackets. The same
    command goes on where it stopped.
    """

    def run(self) -> None:
        parent_process.end_with_parent()
        command.run(self)
