"""A sweep: runs of one script that differ in some settings, each in its own folder, and a table of them.

python -m experiments.sweep vae "data=digits beta=0.5,1,4 seed=0:3" --workers 2

Fields multiply. Values are a list, a range start:stop, log(low,high,count), linear, loguniform or uniform; lists take
brackets, widths=[512,256],[128]; (beta,lr)=(1,1e-3),(4,1e-4) goes through two fields together; | chains sweeps. A
Python file that defines `points` does as well. With --search, loguniform(low,high), uniform(low,high) and lists are
what to draw from. The same command goes on where it stopped.
"""

from dataclasses import dataclass

from aelab.runner import launch
from aelab.sweeps import command


@dataclass(frozen=True)
class Config(command.Config):
    """Which points, and how they are run."""


def run(name: str, config: Config) -> None:
    """Plan, check, run what is not done, rank it; `aelab sweep` does the same."""
    command.run(config)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
