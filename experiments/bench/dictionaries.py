"""Sparse dictionaries as one population, against SAELens, which trains them one after the other: both take turns.

make saelens
python -m experiments.bench.dictionaries --rounds 5

All dictionaries are TopK, of the same sizes and batches; ours differ in their seeds. Both sides are as they come, with
the revival of dead units, and on all cores. Vectors are random, since neither side is faster for better ones.
"""

import json
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from aelab.config import Count
from aelab.errors import ConfigError
from aelab.runner import launch
from experiments.bench import contenders
from experiments.bench.contenders import Contender

OURS, THEIRS = "aelab", "SAELens"
SCRIPT = Path(__file__).parent / "peers" / "saelens.py"


@dataclass(frozen=True)
class Config:
    """How many dictionaries of which size, and how long the race is."""

    members: Count = 16  # dictionaries
    vectors: Count = 32_000  # that are learnt from
    width: Count = 256  # numbers of a vector
    units: Count = 2048  # of a dictionary
    k: Count = 32  # units that are on
    batch: Count = 512  # vectors a step
    steps: Count = 5  # of each dictionary in a turn
    rounds: Count = 5  # turns of each side that count
    peers: Path = Path(".saelens/bin/python")  # the interpreter of the environment of SAELens
    json: bool = False  # print the result as one line of JSON


def commands(config: Config, folder: Path) -> dict[str, list[str]]:
    """How each side is started, with the vectors in a file of `folder`."""
    file = folder / "vectors.npy"
    np.save(file, np.random.default_rng(0).standard_normal((config.vectors, config.width), np.float32))
    work = {name: value for name, value in asdict(config).items() if name not in ("peers", "json")}
    said = json.dumps(work | {"data": str(file)})
    ours = [sys.executable, "-m", "experiments.bench.dictionary_turns", said]
    return {OURS: ours, THEIRS: [str(config.peers), str(SCRIPT), said]}


def raced(config: Config) -> dict[str, dict[str, Any]]:
    """The seconds of the turns of each side, and what it says of itself.

    Raises:
        ConfigError: there is no SAELens, or one side failed.
    """
    if not config.peers.exists():
        raise ConfigError(f"--peers: no {config.peers}; `make saelens` makes the environment of SAELens")
    with tempfile.TemporaryDirectory() as folder:
        sides = commands(config, Path(folder)).items()
        return contenders.raced((Contender(name, command, {}) for name, command in sides), config.rounds)


def run(name: str, config: Config) -> None:
    """Race, and print medians, and how many times as fast ours is: the median over rounds, the least, the largest."""
    from aelab.report import tables

    found = raced(config)
    ours, theirs = (found[side]["seconds"] for side in (OURS, THEIRS))
    ratios = sorted(their / our for our, their in zip(ours, theirs, strict=True))
    middle = statistics.median(ratios)
    step = 1000 / (config.members * config.steps)
    rows = [(side, step * statistics.median(found[side]["seconds"])) for side in (OURS, THEIRS)]
    text = tables.markdown(("side", "ms for a step of a dictionary"), rows)
    text += f"\n\nratio {middle:.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    print(json.dumps({**found, "ratio": middle}) if config.json else text)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
