"""Dimension reduction: codes of several widths against as many principal components (Hinton and Salakhutdinov 2006).

python -m experiments.reduce --data tfds:mnist --codes 2 8 30 128 --seeds 0

A row's squared error is summed over an event, of the mean that the decoder gives, over all test events. kNN is the
share of them whose class their 5 nearest training codes tell; trustworthiness is of the first 2,000. Nothing is tuned.
"""

import itertools
import statistics
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from aelab.config import Count, NonNegative
from aelab.report import tables
from aelab.runner import launch

from . import autoencoder
from .common import tasks, trained
from .common.jobs import Job, finished
from .common.needs import Needs

# Squared error of 784-1000-500-250-30 on MNIST, Hinton and Salakhutdinov 2006, doi:10.1126/science.1127647
ANCHOR = 3.00
COLUMNS = ("code", "method", "seed", "squared error", "kNN accuracy, %", "trustworthiness")


@dataclass(frozen=True)
class Config(tasks.Task):
    """Autoencoders that differ in the width of the code alone, and PCA; `--codes` takes the place of `--latent-dim`."""

    codes: tuple[Count, ...] = (2, 8, 30, 128)  # numbers in a code, one row each
    widths: tuple[Count, ...] = (1000, 500, 250)  # mlp: hidden layers of the encoder; the decoder mirrors them
    epochs: Count = 40  # passes over the training set
    weight_decay: NonNegative = 0.02  # decoupled


def judged(splits: Any, train: Any, test: Any) -> dict[str, float | None]:
    """The scores that codes of both splits have, [example, code]; percent, and none of classes that are not there."""
    from aelab.baselines.components import events
    from aelab.data.arrays import labels
    from aelab.evaluation.neighbours import knn_accuracy, trustworthiness

    of_train, of_test = labels(splits.train), labels(splits.test)
    known = of_train is not None and of_test is not None
    return {
        "knn": 100 * knn_accuracy(train, of_train, test, of_test) if known else None,
        "trustworthiness": trustworthiness(events(splits.test), test),
    }


def job(config: Config, splits: Any, width: int, seed: int) -> Job:
    """The run of one width."""
    loss = tasks.LOSSES[splits.spec.values]
    one = config.run_config(autoencoder.Config, latent_dim=width, seed=seed, likelihood=loss)
    return Job(f"code of {width}, seed {seed}", autoencoder, one)


def read(run: Any, splits: Any) -> tuple[dict[str, Any], Any]:
    """The row of a run, and its test codes."""
    _, _, codes = trained.codes(run, train=splits.train, test=splits.test)
    error = run.read("summary.json")["scores"]["test/squared_error"]
    scores = {"squared_error": error, **judged(splits, codes["train"], codes["test"])}
    return {"method": "autoencoder", **trained.facts(run), **scores}, codes["test"]


def against_published(config: Config, rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Our mean beside the published error, where set, net and code are theirs."""
    errors = [row["squared_error"] for row in rows if row["code"] == 30]
    if config.data != "tfds:mnist" or config.net != "mlp" or config.widths != (1000, 500, 250) or not errors:
        return None
    mean, spread = statistics.mean(errors), statistics.stdev(errors) if len(errors) > 1 else None
    return {"published": ANCHOR, "mean": mean, "stdev": spread, "seeds": len(errors), "met": mean < ANCHOR}


def table(config: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """PCA first at each width; several seeds of one width as mean ± standard deviation."""
    lines = []
    kinds = tables.grouped([*baselines, *rows], itemgetter("code", "method"))
    for code, method in sorted(kinds, key=lambda kind: (kind[0], kind[1] != "PCA")):
        own = kinds[code, method]
        seeds = " ".join(str(row["seed"]) for row in own if "seed" in row)
        known = [row["knn"] for row in own if row["knn"] is not None]
        trusted = [row["trustworthiness"] for row in own if row["trustworthiness"] is not None]
        scores = [row["squared_error"] for row in own], known, trusted
        cells = (tables.spread(values, digits) for values, digits in zip(scores, (2, 2, 3), strict=True))
        lines.append((code, method, seeds, *cells))
    return tables.markdown(COLUMNS, lines)


def markdown(config: Config, splits: Any, text: str, rows: list[dict[str, Any]], anchor: dict[str, Any] | None) -> str:
    """The table under what it is of, and whether the published figure is met."""
    counts = f"{len(splits.train):,} training and {len(splits.test):,} test events, {config.epochs} epochs"
    text = f"{config.data}, {counts}:\n\n{text}"
    if anchor is None:
        return text
    ours = tables.spread([row["squared_error"] for row in rows if row["code"] == 30], 2)
    verdict = "met" if anchor["met"] else "not met"
    return (
        f"{text}\n\nHinton and Salakhutdinov 2006, 30 numbers: {ANCHOR:.2f}; "
        f"here {ours} (seeds: {anchor['seeds']}): {verdict}."
    )


def plan(splits: Any, planes: dict[str, Any]) -> dict[str, Any]:
    """The arrays of the map: test codes of two numbers by method, and the classes."""
    import numpy as np

    from aelab.data.arrays import labels

    label = labels(splits.test)
    named = {} if label is None else {"labels": label, "classes": np.array(splits.spec.classes)}
    return {"codes": np.stack(list(planes.values())), "titles": np.array(list(planes)), **named}


def run(name: str, config: Config) -> None:
    """Train what is not trained yet, hold it against PCA, draw the map, keep and print the table."""
    from aelab import figures
    from aelab.baselines.components import pca

    tasks.require_named(config, "codes", "seeds")
    if config.smoke:
        config = tasks.smoke(config, codes=(2, 3))
    splits = tasks.load(config.data, Needs(whole=False))
    points = list(itertools.product(config.codes, config.seeds))
    runs = finished(name, config, [job(config, splits, *point) for point in points])
    projections = pca(splits, config.codes)
    baselines = [
        {"code": width, "method": "PCA", "squared_error": found.squared_error, **judged(splits, *found[:2])}
        for width, found in projections.items()
    ]
    rows, planes = [], {"two principal components": projections[2].test} if 2 in projections else {}
    for (width, seed), run in zip(points, runs, strict=True):
        row, codes = read(run, splits)
        rows.append({"code": width, "seed": seed, **row})
        if width == 2:
            planes.setdefault("autoencoder, code of 2", codes)
    if 2 in config.codes:
        figures.save(tasks.folder(name, config), "maps", plan(splits, planes))
    anchor = against_published(config, rows)
    text = markdown(config, splits, table(config, rows, baselines), rows, anchor)
    tasks.conclude(name, config, rows, text, baselines=baselines, published=anchor)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
