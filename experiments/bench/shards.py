"""What virtual shards cost: a step of four nets with and without them, in turns, and what devices tell each other.

python -m experiments.bench.shards --shards 8
"""

import json
import statistics
from dataclasses import dataclass
from typing import Any

from aelab.config import Count
from aelab.runner import launch

NETS: dict[str, dict[str, Any]] = {
    "mlp": {"widths": (400,)},
    "conv": {"channels": (16, 32)},
    "lstm": {"width": 64},
    "transformer": {"width": 32, "heads": 2, "patch": 7},
}


@dataclass(frozen=True)
class Config:
    """A VAE on one device."""

    data: str = "fashion_small"  # the set
    nets: tuple[str, ...] = tuple(NETS)  # to measure
    batch_size: Count = 128  # examples per step
    shards: Count = 8  # virtual shards
    rounds: Count = 5  # turns of 20 steps
    json: bool = False  # print the result as one line of JSON


def measure(net: str, config: Config) -> dict[str, float]:
    """Median milliseconds of a step without and with shards, the median ratio of a round, and MiB of all sums."""
    from aelab import data
    from experiments import vae
    from experiments.common import timing

    shared: dict[str, Any] = {"data": config.data, "net": net, **NETS[net], "batch_size": config.batch_size}
    splits, turns = data.load(vae.Config(**shared)), {}
    for shards in (0, config.shards):
        own = vae.Config(**shared, parallel="single", virtual_shards=shards)
        turns[shards] = training = timing.BareTraining(own, vae.build(own, splits.spec), splits)
    rounds = timing.take_turns({str(n): Turn(training) for n, training in turns.items()}, config.rounds)
    plain, cut = ([1000 * turn[str(n)] / timing.STEPS for turn in rounds] for n in turns)
    ratio = statistics.median(after / before for before, after in zip(plain, cut, strict=True))
    mebibytes = 4 * training.parameters / 2**20
    return {"plain": statistics.median(plain), "shards": statistics.median(cut), "ratio": ratio, "sums": mebibytes}


class Turn:
    """The next steps of a training; a call gives the seconds that they took."""

    def __init__(self, training: Any):
        self.training, self.at = training, 0

    def __call__(self) -> float:
        from experiments.common.timing import STEPS

        self.at += STEPS
        return self.training.train([(self.at - STEPS, STEPS)])


def run(name: str, config: Config) -> None:
    """Take turns, and print what they took."""
    from aelab.report import tables

    measured = {net: measure(net, config) for net in config.nets}
    names = ("net", "ms a step", f"in {config.shards} shards", "ratio", "MiB that each device tells")
    rows = [(net, *found.values()) for net, found in measured.items()]
    print(json.dumps(measured) if config.json else tables.markdown(names, rows))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
