"""How cost grows with the number of examples and with the width of the fully connected VAE.

python -m experiments.bench.growth --data tfds:mnist

All sizes take turns in one process. Cost that is linear is the same for each example, or for each floating-point
operation of the matrix products, at all sizes; the tables say how far each is from the largest.
"""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from aelab.config import Count
from aelab.runner import launch
from experiments import vae


@dataclass(frozen=True)
class Config:
    """VAE 784-400-20, batches of 128, where nothing else is said."""

    data: str = "tfds:mnist"  # the set; sizes above its own are left out
    examples: tuple[Count, ...] = (1000, 2000, 5000, 10000, 20000, 40000, 60000)  # of a training set
    widths: tuple[Count, ...] = (100, 200, 400, 800, 1600, 3200)  # of the hidden layers
    least: Count = 20000  # examples in a turn: small sets are gone through several times
    steps: Count = 40  # in a turn of each width
    rounds: Count = 5  # turns of each that count
    json: bool = False  # print the result as one line of JSON


def epochs_of(own: vae.Config, splits: Any, least: int) -> Callable[[], float]:
    """Seconds of an epoch over a training set, `least` examples or more in a turn, chunks as in a run."""
    from aelab.training.cadence import choose_chunk
    from experiments.common.timing import BareTraining

    training, at = BareTraining(own, vae.build(own, splits.spec), splits), 0
    epoch = training.feed.steps_per_epoch
    times, length = -(-least // len(splits.train)), choose_chunk(epoch, training.feed.longest)

    def turn() -> float:
        nonlocal at
        starts = [(at + i * epoch, step) for i in range(times) for step in range(0, epoch, length)]
        at += times * epoch
        return training.train([(start + step, min(length, epoch - step)) for start, step in starts]) / times

    return turn


def measure(config: Config) -> dict[str, Any]:
    """Seconds of an epoch by the number of examples; seconds of a step and its matrix products by width."""
    import numpy as np

    from aelab.data.arrays import Subset
    from experiments.bench.ours import matmuls_of_training

    base = vae.Config(data=config.data, validation=0.0, widths=(400,), latent_dim=20, activation="relu")
    ready = launch.prepare(base, vae.build)
    splits, trainers = ready.splits, {}
    counts = [n for n in config.examples if n <= len(splits.train)]
    for n in counts:
        some = splits._replace(train=Subset(splits.train, np.arange(n)))
        trainers[f"examples {n}"] = epochs_of(base, some, config.least)
    few = splits._replace(train=Subset(splits.train, np.arange(min(config.steps * 128, len(splits.train)))))
    flop, steps = {}, -(-len(few.train) // 128)
    for width in config.widths:
        own = replace(base, widths=(width,))
        trainers[f"width {width}"] = epochs_of(own, few, 1)
        flop[width] = 128 * matmuls_of_training(vae.build(own, splits.spec), 128, splits.spec.shape)
    seconds = medians(trainers, config.rounds)
    return {
        "examples": [{"examples": n, "seconds": seconds[f"examples {n}"]} for n in counts],
        "widths": [
            {"width": width, "seconds": seconds[f"width {width}"] / steps, "flop": flop[width]}
            for width in config.widths
        ],
    }


def medians(trainers: dict[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    from experiments.common.timing import seconds_per_epoch

    found = seconds_per_epoch(trainers, rounds)
    print("\n".join(f"{name}: {seconds:.4f} s" for name, seconds in found.items()), file=sys.stderr)
    return found


def deviations(points: list[dict[str, float]], per: str) -> list[float]:
    """Of each point, how far its seconds per `per` are from those of the last: 0 at all points is linear."""
    cost = [point["seconds"] / point[per] for point in points]
    return [own / cost[-1] - 1 for own in cost]


def percent(share: float) -> str:
    """+3 % or −3 %."""
    return f"{share:+.0%}".replace("-", "−").replace("%", " %")


def tables_of(found: dict[str, Any]) -> tuple[str, str]:
    """By examples and by width."""
    from aelab.report import tables

    sizes, widths = found["examples"], found["widths"]
    sized = [
        (p["examples"], p["seconds"], 1e6 * p["seconds"] / p["examples"], percent(d))
        for p, d in zip(sizes, deviations(sizes, "examples"), strict=True)
    ]
    wide = [
        (p["width"], 1e3 * p["seconds"], p["flop"] / p["seconds"] / 1e9, percent(d))
        for p, d in zip(widths, deviations(widths, "flop"), strict=True)
    ]
    return (
        tables.markdown(("examples", "s per epoch", "µs per example", "from linear"), sized),
        tables.markdown(("width", "ms per step", "GFLOP/s", "from linear in operations"), wide),
    )


def run(name: str, config: Config) -> None:
    """Measure and print."""
    found = measure(config)
    print(json.dumps(found) if config.json else "\n\n".join(tables_of(found)))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
