"""One epoch of training and nothing else: its speed, and the memory it takes after its first chunk.

python -m experiments.bench.epoch_memory --data shards:FOLDER --resident-mib 0 --net conv --json
"""

from dataclasses import dataclass

from aelab.runner import launch
from experiments import vae


@dataclass(frozen=True)
class Config(vae.Config):
    """The VAE of `experiments.vae`."""


def measure(config: Config) -> dict[str, float]:
    """Examples a second, and MB resident: after the first chunk, and the peak from there to the end of the epoch."""
    from aelab.training.cadence import choose_chunk
    from experiments.common.timing import BareTraining

    ready = launch.prepare(config, vae.build)
    training = BareTraining(config, ready.experiment, ready.splits)
    total = 2 if config.smoke else training.feed.steps_per_epoch
    length = config.chunk or choose_chunk(total, training.feed.longest)
    spans = [(step, min(length, total - step)) for step in range(0, total, length)]
    training.train(spans[:1])  # compiles
    start = resident_megabytes("VmRSS")
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak is counted from here
    seconds = training.train(spans[1:] or spans)
    peak = resident_megabytes("VmHWM")
    examples = len(ready.splits.train) - (length * int(config.batch_size) if spans[1:] else 0)
    return {
        "examples": len(ready.splits.train),
        "set_megabytes": len(ready.splits.train) * ready.splits.spec.event_bytes / 1e6,
        "seconds": seconds,
        "examples_per_second": examples / seconds,
        "resident_megabytes": start,
        "peak_megabytes": peak,
        "growth_megabytes": peak - start,
    }


def resident_megabytes(field: str) -> float:
    """`VmRSS`, the memory of this process that is resident, or `VmHWM`, its peak, as Linux counts it."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith(field + ":")) * 1024 / 1e6


def run(name: str, config: Config) -> None:
    """Measure and print."""
    import json

    from aelab.config import tiny

    found = measure(tiny(config) if config.smoke else config)
    print(json.dumps(found) if config.json else "\n".join(f"{key:<24}{value:,.1f}" for key, value in found.items()))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
