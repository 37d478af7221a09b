"""What classifiers read out of codes: chosen by validation events, read once on test events, held against a rival."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aelab.report import tables
from aelab.runs.folder import Run

from . import trained


@dataclass(frozen=True)
class Features:
    """Codes of one run, or what stands for them without a net, `[event, number]`."""

    name: str
    train: Any
    validation: Any
    of_test: Callable[[Any], Any]  # of a source
    facts: Mapping[str, Any] = field(default_factory=dict)  # what a row says of the run
    path: Path | None = None  # of the run


def of_run(name: str, seed: int, run: Run, sealed: Any) -> Features:
    """The codes of a run."""
    _, _, codes = trained.codes(run, train=sealed.train, validation=sealed.validation)
    facts = {"seed": seed, **trained.facts(run)}
    return Features(
        name, **codes, of_test=lambda test: trained.codes(run, test=test)[2]["test"], facts=facts, path=run.path
    )


def without_net(splits: Any, width: int) -> list[Features]:
    """The entries of an event, and as many principal components as a code has numbers."""
    from aelab.baselines.components import pixels_and_components

    def of_test(name: str, test: Any) -> Any:
        return pixels_and_components(splits._replace(test=test), width)[name]["test"]

    closed = pixels_and_components(splits._replace(test=splits.validation), width)
    return [
        Features(name, codes["train"], codes["test"], lambda test, name=name: of_test(name, test))
        for name, codes in closed.items()
    ]


def validated(features: Features, sets: Mapping[str, Any]) -> dict[str, float]:
    """By classifier, percent of the validation events that it tells right from all training labels."""
    from aelab.evaluation.probes import CLASSIFIERS

    found = {}
    for classifier, predict in CLASSIFIERS.items():
        guess = predict(features.train, sets["train"].label, features.validation)
        found[classifier] = 100 * float((guess == sets["validation"].label).mean())
    return found


def rows(
    features: Features, validation: Mapping[str, float], sets: Mapping[str, Any], test: Any, task: Any
) -> list[dict]:
    """A row a classifier, with what it reads on the test events; `hits`, what it tells right, is no part of it."""
    from aelab.evaluation.probes import read_out

    codes = {"train": features.train, "test": features.of_test(test)}
    return [
        {
            "features": features.name,
            "classifier": classifier,
            **features.facts,
            "validation": validation[classifier],
            **read.accuracy,
            "hits": read.hits,
        }
        for classifier, read in read_out(codes, sets, task.labels, task.draws).items()
    ]


def kept(row: dict) -> dict:
    """A row without its `hits`."""
    return {key: value for key, value in row.items() if key != "hits"}


def best(rows: Iterable[dict], classifier: str) -> list[dict]:
    """The rows of the features whose mean over seeds is highest on validation, of one classifier."""
    own = [row for row in rows if row["classifier"] == classifier and "validation" in row]
    groups = tables.grouped(own, lambda row: row["features"]).values()
    return max(groups, key=lambda group: statistics.mean(row["validation"] for row in group))


def leads(ours: Sequence[dict], rivals: Sequence[dict]) -> list[dict[str, Any]]:
    """For each classifier the lead of our best features over the best of the rivals, in points, over test events."""
    import numpy as np

    from aelab.evaluation.paired import lead_of_means

    found = []
    for classifier in dict.fromkeys(row["classifier"] for row in ours):
        own, rival = best(ours, classifier), best(rivals, classifier)
        hits = (100.0 * np.stack([row["hits"] for row in group]) for group in (own, rival))
        lead = lead_of_means(next(hits), next(hits)[0])
        found.append(
            {"classifier": classifier, "ours": own[0]["features"], "rival": rival[0]["features"], "lead": [*lead]}
        )
    return found
