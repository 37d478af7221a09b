"""A set of digits larger than memory is meant to be: in memory, as .npy shards and as array_record, on one conv VAE.

AELAB_DATA_DIR=… python -m experiments.bench.streaming --folder shards

The digits of MNIST, moved by up to three pixels either way, are written as shards of both formats, which stay in
`--folder` for the next time. Speed: the three routes take turns in one process. Memory: an epoch of each format in a
process of its own.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aelab.config import Count, Natural
from aelab.runner import launch
from experiments import vae

ROUTES = ("memory", "npy", "array_record")


@dataclass(frozen=True)
class Config:
    """The set, the model, and how often."""

    folder: str = ""  # where the shards are made and stay; empty is a temporary folder, removed at the end
    data: str = "tfds:mnist"  # the digits, or any images
    mib: Count = 1024  # of the set
    channels: tuple[Count, ...] = (8, 16)  # of the conv VAE
    latent_dim: Count = 16  # numbers in a code
    batch_size: Count = 128  # examples per step
    rounds: Natural = 15  # turns in which each route is timed; 0 leaves speed out
    chunks: Count = 5  # of 20 steps, in one turn
    epoch: bool = True  # watch the memory of a whole epoch of each format
    seed: Natural = 0  # every draw follows from it
    smoke: bool = False  # tiny: does it run?
    json: bool = False  # print the result as one line of JSON


class Shifted:
    """The events of a source again and again, each time moved by another (rows, columns), the smallest moves first."""

    def __init__(self, source, examples: int, reach: int = 3):
        self.source, self.examples, self.spec = source, examples, source.spec
        moves = [(dy, dx) for dy in range(-reach, reach + 1) for dx in range(-reach, reach + 1)]
        self.moves = sorted(moves, key=lambda move: (abs(move[0]) + abs(move[1]), move))
        self.fingerprint = f"{source.fingerprint} moved to {examples}"

    def __len__(self) -> int:
        return self.examples

    def get_batch(self, indices) -> dict[str, Any]:
        """Events `x` and their labels; what leaves the frame on one side comes in on the other, all of it black."""
        import numpy as np

        again, index = np.divmod(indices, len(self.source))
        batch = dict(self.source.get_batch(index))
        for move in np.unique(again):
            rows = again == move
            batch["x"][rows] = np.roll(batch["x"][rows], self.moves[move % len(self.moves)], axis=(1, 2))
        return batch


@contextmanager
def shards(config: Config) -> Generator[dict[str, Path]]:
    """The folder of each format, made unless it is there."""
    import tempfile

    from aelab import data
    from aelab.data.convert import write
    from aelab.data.folder import make_folder

    splits = data.load(config.data, validation=0.0)
    train = Shifted(splits.train, (config.mib << 20) // splits.spec.event_bytes + 1)
    with tempfile.TemporaryDirectory() as temporary:
        where = Path(config.folder or temporary)
        folders = {form: where / f"{config.mib}-mib-{form}" for form in ROUTES[1:]}
        for form, folder in folders.items():
            make_folder(folder, lambda part: write(part, config.data, {"train": train, "test": splits.test}, form))  # noqa: B023
        yield folders


def speed(config: Config, folders: dict[str, Path]) -> dict[str, Any]:
    """Examples a second of each route, medians; and the median over the rounds of its ratio to memory."""
    import statistics

    from experiments.common.timing import take_turns, trainer

    net = vae.Config(net="conv", channels=config.channels, latent_dim=config.latent_dim, seed=config.seed)
    trainers, examples = {}, 0
    for route in ROUTES:
        folder, limit = (folders["npy"], 1 << 30) if route == "memory" else (folders[route], 0)
        own = replace(net, data=f"shards:{folder}", resident_mib=limit, batch_size=config.batch_size)
        ready = launch.prepare(own, vae.build)
        trainers[route] = trainer(own, ready.experiment, ready.splits, config.chunks)
        examples = len(ready.splits.train)
    turns = take_turns(trainers, config.rounds)
    per_second = {route: statistics.median(examples / turn[route] for turn in turns) for route in ROUTES}
    share = {route: statistics.median(turn["memory"] / turn[route] for turn in turns) for route in ROUTES}
    return {"examples_per_second": per_second, "share_of_memory": share}


def epoch(config: Config, folder: Path) -> dict[str, float]:
    """What `experiments.bench.epoch_memory` finds on a folder, in a process of its own."""
    import json
    import subprocess
    import sys

    words = ["--data", f"shards:{folder}", "--net", "conv", "--channels", *map(str, config.channels), "--json"]
    words += ["--latent-dim", str(config.latent_dim), "--batch-size", str(config.batch_size), "--resident-mib", "0"]
    command = [sys.executable, "-m", "experiments.bench.epoch_memory", *words, "--seed", str(config.seed)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()[-1])


def table(found: dict[str, Any]) -> str:
    """A line for each route."""
    from aelab.report import tables

    columns = (
        "route",
        "examples/s",
        "share of memory's",
        "epoch, s",
        "after first chunk, MB",
        "peak, MB",
        "growth, MB",
    )
    rows = []
    for route in ROUTES:
        watched = found.get("epochs", {}).get(route, {})
        fast, share = (found.get(key, {}).get(route) for key in ("examples_per_second", "share_of_memory"))
        whole = [watched.get(key) for key in ("seconds", *(f"{n}_megabytes" for n in ("resident", "peak", "growth")))]
        rows.append((route, fast and round(fast), share, *(number and round(number) for number in whole)))
    return tables.markdown(columns, rows)


def run(name: str, config: Config) -> None:
    """Make what is not there, measure, print."""
    import json
    import os

    if config.smoke:
        small = {"data": "digits", "mib": 1, "channels": (2,), "latent_dim": 2, "rounds": 1, "chunks": 1}
        config = replace(config, **small)
    found: dict[str, Any] = {"mib": config.mib, "load_average": os.getloadavg()}
    with shards(config) as folders:
        if config.epoch:
            found["epochs"] = {form: epoch(config, folder) for form, folder in folders.items()}
        if config.rounds:
            found |= speed(config, folders)
    if config.json:
        return print(json.dumps(found))
    print(f"{config.mib} MiB, load average {found['load_average'][0]:.1f}:\n\n{table(found)}")


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
