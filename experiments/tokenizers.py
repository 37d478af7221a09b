"""Quantised codes of one net by the number of their codes: what they cost in reconstruction, and how many are in use.

python -m experiments.tokenizers --data tfds:fashion_mnist --codes 64 256 1024 4096 16384 --seeds 0 1 2

All rows share the net, the steps and how many codes there are at each place, as nearly as a kind can: a residual code
has two books of the square root of that, and the grid of FSQ is that of its paper (Mentzer et al. 2023,
arXiv:2309.15505, section 4.1), whose product is near. Nothing is tuned. A run that is done is kept, and the same
command goes on with the others.

`--rivals example alike` has rows of vector-quantize-pytorch too: the same net, steps and codes in PyTorch, once with
the settings of its own examples on Fashion-MNIST and once with the loss and the optimizer of ours.
"""

import itertools
import math
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from aelab.config import Count, NetName
from aelab.config.quantised import Quantiser
from aelab.errors import ConfigError
from aelab.report import tables
from aelab.runner import launch

from . import vq
from .common import peer_tokenizers, tasks, trained
from .common.jobs import Job, finished
from .common.needs import Needs

GRIDS = {64: (8, 8), 256: (8, 6, 5), 1024: (8, 5, 5, 5), 4096: (7, 5, 5, 5, 5), 16384: (8, 8, 8, 6, 5)}
COLUMNS = ("codes", "quantiser", "seeds", "bits per event", "distortion", "squared error", "perplexity", "usage, %")
CELLS = (("distortion", 2), ("squared_error", 2), ("perplexity", 1), ("usage", 1))  # scores, and their digits
Way = Literal["example", "alike"]


@dataclass(frozen=True)
class Config(tasks.Task):
    """Autoencoders that differ in how their code is quantised, and into how many codes."""

    codes: tuple[Count, ...] = tuple(GRIDS)  # at each place, powers of 4
    quantisers: tuple[Quantiser, ...] = ("vq", "cosine", "residual", "fsq", "lfq")  # a row each
    net: NetName = "conv"  # architecture; conv has a code at each place of its last grid
    latent_dim: Count = 16  # numbers of an entry
    lr: float = 2e-3  # peak learning rate, falling to 0 along a cosine
    rivals: tuple[Way, ...] = ()  # rows of vector-quantize-pytorch: with the settings of its examples, with ours
    peers: Path = Path(".peers/bin/python")  # the interpreter of the environment that has it (`make peers`)


def require_grids(codes: tuple[int, ...]) -> None:
    """
    Raises:
        ConfigError: there is no grid for so many codes.
    """
    for count in codes:
        if count not in GRIDS:
            raise ConfigError(f"--codes: no {count}; there are {', '.join(map(str, GRIDS))}")


def job(config: tasks.Task, splits: Any, codes: int, quantiser: Quantiser, seed: int) -> Job:
    """The run of one kind of code."""
    own: dict[str, Any] = {"codes": codes}
    if quantiser == "residual":
        own = {"codes": math.isqrt(codes), "residual_levels": 2}
    if quantiser == "fsq":
        own = {"scalar_levels": GRIDS[codes]}
    loss = tasks.LOSSES[splits.spec.values]
    own |= {"quantiser": quantiser, "seed": seed, "likelihood": loss, "latent_grid": config.net == "conv"}
    own["figures"] = "none"  # nobody looks at so many
    return Job(f"{quantiser} of {codes} codes, seed {seed}", vq, config.run_config(vq.Config, **own))


def rival(config: Config, splits: Any, codes: int, quantiser: Quantiser, seed: int, way: str) -> dict[str, Any]:
    """The row of the same code in vector-quantize-pytorch."""
    residual = quantiser == "residual"
    work = {
        "quantiser": quantiser,
        "codes": math.isqrt(codes) if residual else codes,
        "depth": 2 if residual else 1,
        "levels": GRIDS[codes],
        "width": config.latent_dim,
        "batch": config.batch_size,
        "steps": config.epochs * -(-len(splits.train) // config.batch_size),
        "lr": peer_tokenizers.LR[way] or config.lr,
        "seed": seed,
        "way": way,
    }
    label = f"vector-quantize-pytorch ({way}): {quantiser} of {codes} codes, seed {seed}"
    found = peer_tokenizers.scores(config.peers, config.runs_dir, splits, work, label)
    return {"codes": codes, "quantiser": f"{quantiser}, peer ({way})", "seed": seed, **found}


def read(run: Any) -> dict[str, Any]:
    """The row of a run: its test scores."""
    scores = run.read("summary.json")["scores"]
    names = ("rate", *(name for name, _ in CELLS))
    return {**trained.facts(run), **{name: scores[f"test/{name}"] for name in names}}


def table(rows: list[dict[str, Any]]) -> str:
    """A line for each number of codes and kind; several seeds as mean ± standard deviation."""
    lines = []
    for (codes, quantiser), own in tables.grouped(rows, itemgetter("codes", "quantiser")).items():
        percent = {"usage": 100.0}
        cells = (
            tables.spread([percent.get(name, 1.0) * row[name] for row in own], digits) if name in own[0] else ""
            for name, digits in CELLS
        )
        seeds = " ".join(str(row["seed"]) for row in own)
        bits = f"{own[0]['rate'] / math.log(2):.0f}" if "rate" in own[0] else ""
        lines.append((codes, quantiser, seeds, bits, *cells))
    return tables.markdown(COLUMNS, lines)


def run(name: str, config: Config) -> None:
    """Train what is not trained yet, keep and print the table.

    Raises:
        ConfigError: there is no grid for so many codes, or no peer to be held against.
    """
    tasks.require_named(config, "codes", "quantisers", "seeds")
    if config.smoke:
        config = tasks.smoke(config, codes=(64,))
    require_grids(config.codes)
    splits = tasks.load(config.data, Needs(whole=False))
    if config.rivals:
        peer_tokenizers.require(config.peers, splits, config.net)
    points = list(itertools.product(config.codes, config.quantisers, config.seeds))
    runs = finished(name, config, [job(config, splits, *point) for point in points])
    rows = [
        {"codes": codes, "quantiser": quantiser, "seed": seed, **read(run)}
        for (codes, quantiser, seed), run in zip(points, runs, strict=True)
    ]
    rows += [rival(config, splits, *point, way) for point, way in itertools.product(points, config.rivals)]
    counts = f"{len(splits.train):,} training and {len(splits.test):,} test events, {config.epochs} epochs"
    tasks.conclude(name, config, rows, f"{config.data}, {config.net}, {counts}:\n\n{table(rows)}")


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
