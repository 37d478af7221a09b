"""One class is normal, all others are anomalies, each class in turn: the protocol of Ruff et al. 2018. One table.

python -m experiments.one_class --data tfds:mnist --seeds 0 1 2

A denoising autoencoder is trained on the training events of one class, and all test events are scored. Which score
counts is chosen once for all classes: the one that best tells validation events from moved copies of them. The rivals
are tuned by the same rule, for each class anew. Leads in the mean AUROC have paired intervals over test events.
"""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any

from aelab.config import Count, Natural, Positive, Seed
from aelab.errors import ConfigError
from aelab.report import tables
from aelab.runner import launch

from . import autoencoder
from .common import anomalies, leads, tasks
from .common.anomalies import Candidate
from .common.jobs import Job, finished
from .common.needs import Needs, require_events
from .common.sealed import Sealed

PUBLISHED = {"tfds:mnist": ("Deep SVDD, published", 0.948)}  # Ruff et al. 2018, table 1: the mean of the ten digits
TOGETHER = "autoencoder, all seeds"  # the mean of their chosen scores

Classes = dict[int, list[Candidate]]  # by the label of the normal class


@dataclass(frozen=True)
class Config(tasks.Task):
    """One set of labelled events, and a denoising autoencoder for each class."""

    latent_dim: Count = 64  # numbers in a code
    noise: Positive = 0.3  # standard deviation of the noise that it learns to take away
    epochs: Count = 20  # passes over the training events of one class
    seeds: tuple[Seed, ...] = (0, 1, 2)  # each repeats all of the table's runs
    normal: tuple[Natural, ...] = ()  # labels that are the normal one in turn; none is all


def run(name: str, task: Config) -> None:
    """Train for each class and seed, choose, score all detectors on the test set, keep and print the table."""
    task = tasks.smoke(task, normal=(0, 1)) if task.smoke else task
    tasks.require_named(task, "seeds")
    splits = tasks.load(task.data, Needs(classes=2))
    kinds = normal_classes(task, splits)
    nets, rivals = detectors(name, task, splits, kinds)
    score = anomalies.best([*chain(*nets.values())])[0].score
    ours = {kind: [own for own in each if own.score == score] for kind, each in nets.items()}
    nets = {kind: [*each, anomalies.together(TOGETHER, ours[kind])] for kind, each in nets.items()}
    sealed = Sealed(splits)
    test = sealed.open()  # all has been chosen
    rows, baselines = ([row(kind, own, test) for kind in kinds for own in group[kind]] for group in (nets, rivals))
    rows = [own | {"chosen": own["score"] == score} for own in rows]
    for method in {anomalies.strongest(baselines, by)[0] for by in anomalies.STRONGEST.values()}:
        write_lead(method, ours, rivals, test, baselines)
    text = f"{task.data}, each class in turn, {task.epochs} epochs, seeds {task.seeds}:\n\n"
    text += f"{table(task, rows, baselines)}\n\n{verdict(task, rows, baselines)}"
    tasks.conclude(name, task, rows, text, baselines=baselines)


def normal_classes(task: Config, splits: Any) -> tuple[int, ...]:
    """The labels that are the normal one in turn.

    Raises:
        ConfigError: there is no such class.
        DataError: there are too few events of it, or of the others.
    """
    names = splits.spec.classes
    if unknown := [label for label in task.normal if label >= len(names)]:
        raise ConfigError(f"--normal: got {unknown[0]}; {task.data} has 0 to {len(names) - 1}")
    every = range(len(names))
    kinds = task.normal or tuple(every)
    require_events(task.data, splits, anomalies.NORMAL, {f"class {names[kind]}": (kind,) for kind in kinds})
    others = {f"classes other than {names[kind]}": [label for label in every if label != kind] for kind in kinds}
    require_events(task.data, splits, {"test": anomalies.NORMAL["test"]}, others)
    return kinds


def detectors(name: str, task: Config, splits: Any, kinds: Sequence[int]) -> tuple[Classes, Classes]:
    """Ours and the rivals by which class is normal: of ours, each seed and score; of the rivals, each at its best."""
    points = [(kind, seed) for kind in kinds for seed in task.seeds]
    jobs = [job(task, *point, count_of(splits, point[0])) for point in points]
    runs = dict(zip(points, finished(name, task, jobs), strict=True))
    nets, rivals = {}, {}
    for kind in kinds:
        sealed = Sealed(tasks.load(task.data, Needs(), classes=(kind,)))
        copies = anomalies.moved_copies(sealed.validation)
        each = (anomalies.of_run("autoencoder", seed, runs[kind, seed], sealed, copies) for seed in task.seeds)
        nets[kind], rivals[kind] = [*chain(*each)], anomalies.rivals(sealed, copies, task.seeds, {})
    return nets, rivals


def count_of(splits: Any, kind: int) -> int:
    """How many training events there are of a class."""
    from aelab.data.arrays import labels

    label = labels(splits.train)
    assert label is not None, "a set with classes has labels"
    return int((label == kind).sum())


def job(task: Config, kind: int, seed: int, count: int) -> Job:
    """The run of one class and seed, whose batches are at most as large as the `count` of its training events."""
    own: dict[str, Any] = {"classes": (kind,), "seed": seed, "corruption": "gaussian", "noise": task.noise}
    own |= {"eval_every": float(task.epochs), "save_every": float(task.epochs)}
    own |= {"batch_size": min(task.batch_size, count)}
    return Job(f"class {kind}, seed {seed}", autoencoder, task.run_config(autoencoder.Config, **own))


def strange(test: Any, kind: int) -> Any:
    """Which test events are of another class."""
    from aelab.data.arrays import labels

    return labels(test) != kind


def row(kind: int, own: Candidate, test: Any) -> dict[str, Any]:
    """The AUROC of one detector where `kind` is the normal class."""
    from aelab.evaluation.detection import auroc

    found = float(auroc(own.of_test(test), strange(test, kind)))
    first = {"method": own.method, "score": own.score, "normal": kind, "seed": own.seed}
    return {**first, "separation": own.separation, "auroc": found, **own.facts}


def write_lead(method: str, ours: dict, rivals: dict, test: Any, baselines: list[dict[str, Any]]) -> None:
    """The lead in the mean AUROC over a rival, into its first row."""
    import numpy as np

    from aelab.evaluation.detection import auroc_lead

    scores = [np.stack([own.of_test(test) for own in each]) for each in ours.values()]
    rival = [np.stack([own.of_test(test) for own in each if own.method == method]) for each in rivals.values()]
    anomalous = np.stack([strange(test, kind) for kind in ours])
    first = next(own for own in baselines if own["method"] == method)
    first["lead"] = list(auroc_lead(scores, rival, anomalous))


def table(task: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """A line a detector: the mean AUROC over the classes, ± its deviation over seeds, and that of each class."""
    kinds = sorted({own["normal"] for own in rows})
    groups = tables.grouped(baselines, itemgetter("method")) | tables.grouped(rows, itemgetter("method", "score"))
    lines = []
    for own in groups.values():
        seeds = tables.grouped(own, itemgetter("seed")).values()
        separation, auroc = ([mean(each, score) for each in seeds] for score in ("separation", "auroc"))
        ahead = [leads.marked(one["lead"], anomalies.DIGITS) for one in own if "lead" in one] or [""]
        each = [f"{mean([one for one in own if one['normal'] == kind], 'auroc'):.3f}" for kind in kinds]
        said = own[0]["score"] if "chosen" in own[0] else "tuned"
        lines.append([own[0]["method"], said, tables.spread(separation, 4), tables.spread(auroc, 4), *ahead[:1], *each])
    if task.data in PUBLISHED:
        method, auroc = PUBLISHED[task.data]
        lines.append([method, "", "", f"{auroc:.3f}", "", *("" for _ in kinds)])
    columns = ("method", "score", "moved copies", "mean AUROC", "lead of the chosen", *map(str, kinds))
    return tables.markdown(columns, lines)


def mean(rows: Sequence[dict[str, Any]], score: str) -> float:
    """Over the rows."""
    return statistics.mean(own[score] for own in rows)


def verdict(task: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """What was chosen, and its lead over the strongest rivals."""
    chosen = [own for own in rows if own["chosen"]]
    seeds = tables.grouped(chosen, itemgetter("seed")).values()
    return anomalies.verdict(chosen[0]["score"], [mean(own, "auroc") for own in seeds], baselines)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
