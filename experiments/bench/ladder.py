"""A ladder of sizes: examples a second and memory of the default beside PyTorch, from small events to large ones.

python -m experiments.bench.ladder

Needs the environment of the peers (`make peers`). Events are images of MNIST, enlarged, in colours, or one below the
other as longer series of rows. Each rung is a race of two processes; a rung that is there stays, unless it is named.
"""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from aelab.config import Count
from aelab.errors import ConfigError
from aelab.runner import launch
from experiments.bench import machine, rows
from experiments.bench.contenders import raced
from experiments.bench.rows import AE, VAE, Row

PEER = "PyTorch, fused Adam"
LARGE = 1 << 24  # numbers in a file of images, at most, as far as there are as many images as a turn takes


class Rung(NamedTuple):
    """A net, what it is trained with, and the events."""

    net: str
    batch: int
    steps: int  # of a turn
    shape: tuple[int, int, int] = (28, 28, 1)  # height, or steps of a series, width and colours

    @property
    def title(self) -> str:
        height, width, colours = self.shape
        return f"{self.net}, {height} × {width}{f' × {colours}' * (colours > 1)}, batch {self.batch}"

    @property
    def row(self) -> Row:
        kind = AE if self.net in ("lstm", "transformer") else VAE
        return Row(self.title, {"net": self.net, "batch": self.batch, "steps": self.steps, **kind}, (PEER,))


BATCHES = {"mlp": (16, 128, 1024), "conv": (16, 128, 1024), "lstm": (16, 128, 1024), "transformer": (16, 128)}
WORK = {"mlp": 25_600, "conv": 5_120, "lstm": 5_120, "transformer": 512}  # images of a turn
SIDES = {32: 20, 64: 8, 128: 3, 256: 1}  # of an image in colours: steps of a turn
SERIES = {112: 20, 448: 6, 1024: 3, 4096: 1}  # steps of a series of 28 numbers each: steps of a turn
RUNGS = {
    rung.title: rung
    for rung in (
        *(Rung(net, batch, max(1, WORK[net] // batch)) for net, batches in BATCHES.items() for batch in batches),
        *(Rung("conv", 128, steps, (side, side, 3)) for side, steps in SIDES.items()),
        *(Rung("lstm", 32, steps, (length, 28, 1)) for length, steps in SERIES.items()),
    )
}


@dataclass(frozen=True)
class Config:
    """Which rungs, how often, and where the peers live."""

    data: str = "tfds:mnist"  # images that the events are made of
    rungs: tuple[str, ...] = ()  # titles of rungs to race again; those that are missing are raced anyway
    rounds: Count = 3  # turns of each contender that count
    peers: Path = Path(".peers/bin/python")  # the interpreter of the peers' environment
    results: Path = Path("results/ladder.json")  # a rung is added as soon as it was raced
    smoke: bool = False  # one rung whose result is not kept: does it run?


def save_events(images, shape: tuple[int, int, int], count: int, path: Path) -> str:
    """Write events of a shape, `[event, height, width, colour]` in bytes: images as large, or one below the other."""
    import numpy as np

    height, width, _ = shape
    if height != width:
        pixels = np.resize(images, (count, height, width, 1))
    else:
        times = -(-height // images.shape[1])
        large = np.resize(images, (count, *images.shape[1:])).repeat(times, 1).repeat(times, 2)
        pixels = np.broadcast_to(large[:, :height, :width], (count, *shape))
    np.save(path, pixels)
    return str(path)


def measure(rung: Rung, images, config: Config) -> dict[str, Any]:
    """Examples a second and MiB of both, and the median over the rounds of how many times as fast aelab is."""
    height, width, colours = rung.shape
    count = max(2 * rung.batch, min(len(images), LARGE // (height * width * colours)))
    with tempfile.TemporaryDirectory() as folder:
        data = save_events(images, rung.shape, count, Path(folder) / "X_TRAIN.npy")
        started = (rows.start(name, rung.row, data, config.peers) for name in ("aelab", PEER))
        took = raced(started, config.rounds)
    ours, theirs = (took[name]["seconds"] for name in ("aelab", PEER))
    found: dict[str, Any] = {"ratio": median(b / a for a, b in zip(ours, theirs, strict=True))}
    for name, seconds in (("aelab", ours), ("peer", theirs)):
        found[name] = rung.batch * rung.steps / median(seconds)
    return found | {"aelab_mib": took["aelab"]["peak_bytes"] / 2**20, "peer_mib": took[PEER]["peak_bytes"] / 2**20}


def table(found: dict[str, dict[str, Any]]) -> str:
    """A line for each rung, in Markdown."""
    from aelab.report import tables

    names = ("rung", "aelab, examples/s", f"{PEER}, examples/s", "ratio", "aelab, MiB", "PyTorch, MiB")
    lines = []
    for name, rung in found.items():
        ours, theirs, *memory = (round(rung[key]) for key in ("aelab", "peer", "aelab_mib", "peer_mib"))
        lines.append((name, ours, theirs, rung["ratio"], *memory))
    return tables.markdown(names, lines)


def run(name: str, config: Config) -> None:
    """Race what is missing or named, and print all.

    Raises:
        ConfigError: no such rung, or no peers.
    """
    import numpy as np

    from aelab import data
    from aelab.runs.atomic import write_atomically
    from aelab.runs.strict import strict

    if unknown := set(config.rungs) - set(RUNGS):
        raise ConfigError(f"--rungs: no {sorted(unknown)[0]!r}; there are {'; '.join(RUNGS)}")
    if not config.peers.exists():
        raise ConfigError(f"--peers: no {config.peers}; `make peers` makes the environment of the peers")
    source = data.load(config.data, validation=0.0).train
    images = source.get_batch(np.arange(min(len(source), 8192)))["x"]
    found = json.loads(config.results.read_text())["rungs"] if config.results.exists() else {}
    wanted = [title for title in RUNGS if title not in found or title in config.rungs]
    for title in wanted[:1] if config.smoke else wanted:
        found[title] = measure(RUNGS[title], images, config)
        if not config.smoke:
            ordered = {rung: found[rung] for rung in RUNGS if rung in found}
            made = {"rungs": ordered, **machine.stamp()}
            write_atomically(config.results, strict(made, config.results, indent=1).encode())
    print(table({rung: found[rung] for rung in RUNGS if rung in found}))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
