"""Anomaly detection: trained on normal events alone, an autoencoder rebuilds others badly. One table.

python -m experiments.detect --data ecg5000 --anomalous 1 2 3 4 --seeds 0 1 2
python -m experiments.detect --data tfds:fashion_mnist --anomalous 8 --nets mlp conv --epochs 10 --batch-size 128

An event's score is its squared error. Training, validation and the threshold see no anomaly; the test set is whole.
Beside the nets stand PCA at the width of their code, an isolation forest and a one-class SVM.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from aelab.config import RECORDS, Count, Natural, NetName, Positive, Seed, Share
from aelab.errors import ConfigError
from aelab.report import tables
from aelab.runner import launch

from . import autoencoder
from .common import tasks, trained
from .common.jobs import Job, finished

SCORES = ("auroc", "average_precision", "false_alarms", "detected")
COLUMNS = ("method", "AUROC", "average precision", "false alarms, %", "detected, %")


@dataclass(frozen=True)
class Config(tasks.Task):
    """One set, what counts as an anomaly in it, and the nets to try; their sizes are those of `--width` and so on."""

    data: str = "ecg5000"  # a set with classes by name, or your own: npz:FILE, csv: ts: images: idx: tfds:
    nets: tuple[NetName, ...] = tuple(RECORDS)  # rows
    anomalous: tuple[Natural, ...] = (1, 2, 3, 4)  # labels, counted from 0; all others are normal
    alarms: Share = 0.05  # share of false alarms the threshold is set for, on normal validation events
    validation: Share = 0.2  # share of the training set held out
    widths: tuple[Count, ...] = (128, 64)  # mlp: hidden layers of the encoder; the decoder mirrors them
    width: Count = 64  # lstm, transformer: of the state or the tokens
    latent_dim: Count = 8  # numbers in a code, and components of PCA
    epochs: Count = 100  # passes over the training set
    batch_size: Count = 32  # examples per step
    lr: Positive = 2e-3  # peak learning rate, falling to 0 along a cosine
    seeds: tuple[Seed, ...] = (0, 1, 2)  # each repeats all of the table's runs


def run(name: str, task: Config) -> None:
    """Train each net once per seed, score all detectors on the test set, keep and print the table."""
    from aelab import data
    from aelab.evaluation.detection import squared_error
    from aelab.runs.load import load

    task = tasks.smoke(task, nets=("mlp",)) if task.smoke else task
    normal = normal_classes(task, data.load(task.data, validation=task.validation).spec)
    splits = data.load(task.data, validation=task.validation, classes=normal)
    if splits.validation is None:
        raise ConfigError("--validation: the threshold needs normal events that were not trained on")
    if splits.spec.lengths:
        raise ConfigError(f"--data: the series of {task.data} differ in length, and the baselines need equal ones")
    rows, models = [], {}
    points = list(itertools.product(task.nets, task.seeds))
    runs = finished(name, task, [job(task, *point, normal, series=len(splits.spec.shape) == 2) for point in points])
    for (net, seed), run in zip(points, runs, strict=True):
        model, params, _ = models[net] = load(run.path)
        score = {part: total(squared_error(model, params, getattr(splits, part))) for part in PARTS}
        fit = {"validation_error": float(score["validation"].mean())}
        rows.append(
            {**judge(task, splits, score), "method": net, "seed": seed, **fit, **trained.facts(run, "parameters")}
        )
    baselines = [
        {**judge(task, splits, score), "method": method, "seed": seed}
        for seed in task.seeds
        for method, score in classical(splits, task.latent_dim, seed)
    ]
    best = min(task.nets, key=lambda net: mean_of(rows, net, "validation_error"))
    draw(name, task, splits, *models[best][:2])
    text = f"{task.data}, normal {' '.join(map(str, normal))}, {task.epochs} epochs, seeds {task.seeds}:\n\n"
    text += f"{table(task, rows, baselines)}\n\n{verdict(task, rows, baselines)}"
    tasks.conclude(name, task, rows, text, baselines=baselines, normal=normal, drawn=best)


PARTS = ("validation", "test")


def normal_classes(task: Config, spec) -> tuple[int, ...]:
    """All labels that are no anomaly.

    Raises:
        ConfigError: there are none, or no such anomaly.
    """
    if not spec.classes or not set(task.anomalous) < set(range(len(spec.classes))):
        known = f"0 to {len(spec.classes) - 1}, at least one of them normal" if spec.classes else "no classes"
        raise ConfigError(f"--anomalous: got {' '.join(map(str, task.anomalous))}; {task.data} has {known}")
    return tuple(label for label in range(len(spec.classes)) if label not in task.anomalous)


def job(task: Config, net: str, seed: int, normal: Sequence[int], *, series: bool) -> Job:
    """The run of one net and seed."""
    own: dict[str, Any] = {"seed": seed, "classes": tuple(normal), "series": series}
    own |= {"eval_every": max(task.epochs / 10, 1.0), "save_every": max(task.epochs / 4, 1.0)}
    config = replace(task, net=net).run_config(autoencoder.Config, **own)
    return Job(f"{net}, seed {seed}", autoencoder, config)


def total(error):
    """Squared error of whole events, float64 `[example]`."""
    return error.reshape(len(error), -1).sum(1, dtype="float64")


def classical(splits, width: int, seed: int):
    """Each baseline's name and its scores of validation and test."""
    from aelab.baselines.components import events
    from aelab.evaluation import detection

    train, parts = events(splits.train), {part: events(getattr(splits, part)) for part in PARTS}
    detectors = {
        f"PCA, {width}": lambda: detection.pca_error(train, width),
        "isolation forest": lambda: detection.isolation_forest(train, seed),
        "one-class SVM": lambda: detection.one_class_svm(train, seed),
    }
    for method, fit in detectors.items():
        detector = fit()
        yield method, {part: detector(x) for part, x in parts.items()}


def judge(task: Config, splits, score: dict[str, Any]) -> dict[str, float]:
    """AUROC and average precision over all test events, and what the threshold from validation does to them."""
    import numpy as np

    from aelab.data.arrays import labels
    from aelab.evaluation import detection

    label = labels(splits.test)
    assert label is not None, "normal_classes refuses a set without classes"
    anomalous = np.isin(label, task.anomalous)
    limit = detection.threshold(score["validation"], task.alarms)
    return detection.ranking(score["test"], anomalous) | detection.alarm(score["test"], anomalous, limit)._asdict()


def mean_of(rows: Sequence[dict[str, Any]], method: str, score: str) -> float:
    """The mean of a score over the rows of a method, which are those of its seeds."""
    import statistics

    return statistics.mean(row[score] for row in rows if row["method"] == method)


def table(task: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """A line a method, mean ± standard deviation over the seeds; the rates in per cent."""
    lines = []
    for method, own in tables.grouped([*baselines, *rows], itemgetter("method")).items():
        line = [method]
        for score in SCORES:
            scale, digits = (1, 4) if score in SCORES[:2] else (100, 1)
            values = [scale * row[score] for row in own]
            line.append(tables.spread(values, digits))
        lines.append(line)
    return tables.markdown(COLUMNS, lines)


def verdict(task: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """Which nets reach the aim, an AUROC above that of PCA's error at the same width of code, in every seed."""
    pca = mean_of(baselines, f"PCA, {task.latent_dim}", "auroc")
    above = {net: all(row["auroc"] > pca for row in rows if row["method"] == net) for net in task.nets}
    met, missed = (", ".join(net for net in task.nets if above[net] is is_met) or "none" for is_met in (True, False))
    return f"AUROC above PCA's with {task.latent_dim} components, in every seed: met by {met}; missed by {missed}."


def draw(name: str, task: Config, splits, model, params) -> None:
    """The event of median error of each class of the test set, with its error entry by entry: `errors.png`."""
    import numpy as np

    from aelab import figures
    from aelab.data.arrays import labels
    from aelab.data.normalise import normalised
    from aelab.evaluation.detection import squared_error

    error, label = squared_error(model, params, splits.test), labels(splits.test)
    assert label is not None, "normal_classes refuses a set without classes"
    own = [np.flatnonzero(label == i) for i in range(len(splits.spec.classes))]
    middle = np.array([i[np.argsort(total(error[i]))[len(i) // 2]] for i in own if len(i)])
    x = normalised(splits.test.get_batch(middle), splits.spec)
    words = {True: " (anomaly)", False: ""}
    names = [splits.spec.classes[i] + words[i in task.anomalous] for i in label[middle].tolist()]
    arrays = {"originals": x, "rebuilt": np.asarray(model.reconstruct(params, x)), "error": error[middle]}
    arrays["mean_error"] = np.array([error[i].mean((0, -1)) for i in own if len(i)])
    figures.save(tasks.folder(name, task), "errors", {**arrays, "names": np.array(names)})


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
