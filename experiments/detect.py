"""Anomaly detection: detectors that have seen normal events alone, and what they make of others. One table.

python -m experiments.detect --data ecg5000 --anomalous 1 2 3 4 --seeds 0 1 2
python -m experiments.detect --data tfds:fashion_mnist --anomalous 8 --nets mlp conv --epochs 10 --batch-size 128

Training, validation, the threshold and all choices see no anomaly; the test set is whole. Of the nets and their scores
the one that best tells validation events from moved copies of them is the chosen one; the settings of the rivals, PCA,
neighbours, local outlier factor, isolation forest and one-class SVM, go by the same rule.
"""

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from aelab.config import RECORDS, Count, Natural, NetName, Positive, Seed, Share
from aelab.errors import ConfigError
from aelab.report import tables
from aelab.runner import launch

from . import autoencoder, vae
from .common import anomalies, error_picture, leads, tasks
from .common.jobs import Job, finished
from .common.needs import Needs, require_events
from .common.sealed import Sealed

SCORES = ("separation", "auroc", "average_precision", "false_alarms", "detected")
COLUMNS = (
    "method",
    "score or setting",
    "moved copies",
    "AUROC",
    "average precision",
    "false alarms, %",
    "detected, %",
    "lead of the chosen",
)
NAMED = {"PCA": (2, 8), "nearest neighbour": (1,)}  # rivals whose setting nobody chose
TOGETHER = "all nets"  # the mean of every net's chosen score


@dataclass(frozen=True)
class Config(tasks.Task):
    """One set, what counts as an anomaly in it, and the nets to try; their sizes are those of `--width` and so on."""

    data: str = "ecg5000"  # a set with classes by name, or your own: npz:FILE, csv: ts: images: idx: tfds:
    nets: tuple[NetName, ...] = tuple(RECORDS)  # of plain autoencoders
    vaes: tuple[NetName, ...] = ("mlp",)  # nets of VAEs; --vaes alone leaves them out
    anomalous: tuple[Natural, ...] = (1, 2, 3, 4)  # labels, counted from 0; all others are normal
    alarms: Share = 0.05  # share of false alarms the threshold is set for, on normal validation events
    validation: Share = 0.2  # share of the training set held out
    widths: tuple[Count, ...] = (128, 64)  # mlp: hidden layers of the encoder; the decoder mirrors them
    width: Count = 64  # lstm, transformer: of the state or the tokens
    latent_dim: Count = 8  # numbers in a code
    epochs: Count = 100  # passes over the training set
    batch_size: Count = 32  # examples per step
    lr: Positive = 2e-3  # peak learning rate, falling to 0 along a cosine
    seeds: tuple[Seed, ...] = (0, 1, 2)  # each repeats all of the table's runs


def run(name: str, task: Config) -> None:
    """Train each net once per seed, choose, score all detectors on the test set, keep and print the table."""
    task = tasks.smoke(task, nets=("mlp",), vaes=(), anomalous=tuple(range(1, 10))) if task.smoke else task
    tasks.require_named(task, "nets", "anomalous", "seeds")
    normal, splits = normal_events(task)
    sealed = Sealed(splits)
    copies = anomalies.moved_copies(sealed.validation)
    nets, paths = ours(name, task, normal, sealed, copies)
    rivals = anomalies.rivals(sealed, copies, task.seeds, NAMED)
    chosen = anomalies.best(nets)
    test = sealed.open()  # all has been chosen
    anomalous = strange(task, test)
    rows, baselines = ([row(task, own, own.of_test(test), anomalous) for own in group] for group in (nets, rivals))
    compare(chosen, rows, rivals, baselines, test, anomalous)
    drawn = least_error(task, rows)
    error_picture.draw(name, task, test, paths[drawn], task.anomalous)
    text = f"{task.data}, normal {' '.join(map(str, normal))}, {task.epochs} epochs, seeds {task.seeds}:\n\n"
    text += f"{table(task, rows, baselines)}\n\n{verdict(task, rows, baselines)}"
    tasks.conclude(name, task, rows, text, baselines=baselines, normal=normal, drawn=drawn)


def normal_events(task: Config) -> tuple[tuple[int, ...], Any]:
    """The labels that are no anomaly, and the splits, of which the test set alone has other events.

    Raises:
        ConfigError: there are none, or no such anomaly.
        DataError: they are too few.
    """
    splits = tasks.load(task.data, Needs(classes=2), validation=task.validation)
    if splits.validation is None:
        raise ConfigError("--validation: the threshold needs normal events that were not trained on; give a share")
    normal = normal_classes(task, splits.spec)
    require_events(task.data, splits, anomalies.NORMAL, {"normal classes": normal})
    require_events(task.data, splits, {"test": anomalies.NORMAL["test"]}, {"anomalous classes": task.anomalous})
    return normal, tasks.load(task.data, Needs(), validation=task.validation, classes=normal)


def normal_classes(task: Config, spec) -> tuple[int, ...]:
    """All labels that are no anomaly.

    Raises:
        ConfigError: there are none, or no such anomaly.
    """
    if not spec.classes or not set(task.anomalous) < set(range(len(spec.classes))):
        known = f"0 to {len(spec.classes) - 1}, at least one of them normal" if spec.classes else "no classes"
        raise ConfigError(f"--anomalous: got {' '.join(map(str, task.anomalous))}; {task.data} has {known}")
    return tuple(label for label in range(len(spec.classes)) if label not in task.anomalous)


def job(task: Config, net: str, seed: int, normal: Sequence[int], *, series: bool, script: Any = autoencoder) -> Job:
    """The run of one net and seed, a plain autoencoder or a VAE."""
    own: dict[str, Any] = {"seed": seed, "classes": tuple(normal), "series": series}
    own |= {"eval_every": max(task.epochs / 10, 1.0), "save_every": max(task.epochs / 4, 1.0)}
    own |= {"sigma": "learned"} if script is vae and series else {}
    config = replace(task, net=net).run_config(script.Config, **own)
    return Job(f"{'VAE, ' if script is vae else ''}{net}, seed {seed}", script, config)


def ours(name: str, task: Config, normal: Sequence[int], sealed: Sealed, copies: Any) -> tuple[list[Any], dict]:
    """A candidate for each net, score and seed, those of all nets together, and the folder of a run of each net."""
    kinds = {net: (net, autoencoder) for net in task.nets} | {f"VAE, {net}": (net, vae) for net in task.vaes}
    points, series = list(itertools.product(kinds, task.seeds)), len(sealed.spec.shape) == 2
    jobs = [job(task, kinds[kind][0], seed, normal, series=series, script=kinds[kind][1]) for kind, seed in points]
    found, paths = [], {}
    for (kind, seed), run in zip(points, finished(name, task, jobs), strict=True):
        found += anomalies.of_run(kind, seed, run, sealed, copies)
        paths[kind] = run.path
    if len(kinds) > 1:
        chosen = [anomalies.best([own for own in found if own.method == kind]) for kind in kinds]
        found += [anomalies.together(TOGETHER, members) for members in zip(*chosen, strict=True)]
    return found, paths


def strange(task: Config, test: Any) -> Any:
    """Which test events are anomalies."""
    import numpy as np

    from aelab.data.arrays import labels

    label = labels(test)
    assert label is not None, "normal_classes refuses a set without classes"
    return np.isin(label, task.anomalous)


def row(task: Config, own: anomalies.Candidate, scores: Any, anomalous: Any) -> dict[str, Any]:
    """AUROC and average precision over all test events, and what the threshold from validation does to them."""
    from aelab.evaluation import detection

    limit = detection.threshold(own.closed["validation"], task.alarms)
    found = detection.ranking(scores, anomalous) | detection.alarm(scores, anomalous, limit)._asdict()
    first = {"method": own.method, "score": own.score, "seed": own.seed, "separation": own.separation}
    return {**first, **found, "validation_score": float(own.closed["validation"].mean()), **own.facts}


def compare(chosen: list[Any], rows: list[Any], rivals: list[Any], baselines: list[Any], test: Any, anomalous: Any):
    """Mark the rows of the chosen candidates, and write the lead over each rival into its first row."""
    import numpy as np

    from aelab.evaluation.detection import auroc_lead

    key = (chosen[0].method, chosen[0].score)
    for own in rows:
        own["chosen"] = (own["method"], own["score"]) == key
    scores = np.stack([own.of_test(test) for own in chosen])
    for group in tables.grouped(
        [{"method": own.method, "i": i} for i, own in enumerate(rivals)], itemgetter("method")
    ).values():
        rival = np.stack([rivals[own["i"]].of_test(test) for own in group])
        baselines[group[0]["i"]]["lead"] = list(auroc_lead([scores], [rival], anomalous[None]))


def table(task: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """A line a method and score, mean ± standard deviation over the seeds; the rates in per cent."""
    lines = []
    groups = tables.grouped(baselines, itemgetter("method")) | tables.grouped(rows, itemgetter("method", "score"))
    for own in groups.values():
        line = [own[0]["method"], "; ".join(dict.fromkeys(one["score"] for one in own))]
        for score in SCORES:
            scale, digits = (100, 1) if score in SCORES[-2:] else (1, 4)
            line.append(tables.spread([scale * one[score] for one in own], digits))
        ahead = [leads.marked(one["lead"], anomalies.DIGITS) for one in own if "lead" in one]
        lines.append([*line, *ahead, *([] if ahead else [""])])
    return tables.markdown(COLUMNS, lines)


def verdict(task: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """What was chosen, and its lead over the strongest rivals."""
    chosen = [own for own in rows if own["chosen"]]
    name = f"{chosen[0]['method']}, {chosen[0]['score']}"
    return anomalies.verdict(name, [own["auroc"] for own in chosen], baselines)


def least_error(task: Config, rows: list[dict[str, Any]]) -> str:
    """The plain autoencoder whose squared error of validation events is least, over the seeds."""
    own = [one for one in rows if one["score"] == "error" and one["method"] in task.nets]
    groups = tables.grouped(own, itemgetter("method"))
    return min(groups, key=lambda net: statistics.mean(one["validation_score"] for one in groups[net]))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
