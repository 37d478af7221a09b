"""From a leaderboard to the figures of a sweep: the arrays behind each."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from aelab import figures
from aelab.compare.leaderboard import Entry, find_score
from aelab.figures.tradeoff import hull

MOST = 24  # points whose samples are shown
EACH = 10  # samples of each
TABLE = ("columns", "words", "total")  # what the samples of a run say of them where they are rows of a table


def draw(entries: Sequence[Entry], score: str, folder: Path) -> dict[str, dict[str, np.ndarray]]:
    """Every figure that these entries have; gives the arrays behind each.

    Raises:
        StorageError: the folder cannot be written.
    """
    found = gather(entries, score)
    for name, arrays in found.items():
        figures.save(folder, name, arrays)
    return found


def gather(entries: Sequence[Entry], score: str) -> dict[str, dict[str, np.ndarray]]:
    """Arrays by figure; those that need more fields or scores than there are stay away."""
    fields = list(entries[0].fields)
    found: dict[str, dict[str, np.ndarray]] = {}
    if not fields:
        return found
    shared = {"score": np.array(score), "mean": np.array([entry.score.mean for entry in entries])}
    known = find_score(score, [member for entry in entries for member in entry.members.values()])
    shared["better"] = np.array("higher" if known.direction == "higher" else "lower")
    labels = np.array([[_label(entry.fields[field]) for entry in entries] for field in fields])
    shared |= {"fields": np.array(fields), "labels": labels}
    found["fields"] = {**shared, **_ends(entries)}
    if len(fields) == 2:
        found["heat"] = shared
    if len(fields) > 1:
        found["parallel"] = shared
    likelihoods = {member.ground.likelihood for entry in entries for member in entry.members.values()}
    if len(likelihoods) == 1 and all(entry.mean("test/rate") is not None for entry in entries):
        found["tradeoff"] = tradeoff(entries, labels)
    if (samples := _samples(entries)) is not None:
        found["comparison"] = samples
    return found


def _label(value: Any) -> str:
    if value is None:  # the net of the run does not read it
        return "–"
    return f"{value:g}" if isinstance(value, int | float) and not isinstance(value, bool) else _list(value)


def _list(value: Any) -> str:
    return "[" + ",".join(map(str, value)) + "]" if isinstance(value, list) else str(value)


def _ends(entries: Sequence[Entry]) -> dict[str, np.ndarray]:
    """The interval of each score; of one seed it is the score itself."""
    low = [entry.score.mean if entry.score.low is None else entry.score.low for entry in entries]
    high = [entry.score.mean if entry.score.high is None else entry.score.high for entry in entries]
    return {"low": np.array(low), "high": np.array(high)}


def tradeoff(entries: Sequence[Entry], labels: np.ndarray) -> dict[str, np.ndarray]:
    """Every run's rate and distortion, to which entry it belongs, and the corners of the hull of the entries."""
    runs = [(i, member) for i, entry in enumerate(entries) for member in entry.members.values()]
    means = ([entry.mean(f"test/{name}") for entry in entries] for name in ("rate", "distortion"))
    return {
        "corners": np.array(hull(*map(np.array, means))),
        "entry": np.array([i for i, _ in runs]),
        "rate": np.array([member.scores["test/rate"] for _, member in runs]),
        "distortion": np.array([member.scores["test/distortion"] for _, member in runs]),
        "labels": np.array([", ".join(column) for column in labels.T]),
    }


def _samples(entries: Sequence[Entry]) -> dict[str, np.ndarray] | None:
    """Samples of the first run of each entry, under each other, where all are of one shape."""
    rows, names, table = [], [], {}
    for entry in entries[:MOST]:
        path = next(iter(entry.members.values())).path / "figures" / "samples.npz"
        if not path.exists():
            return None
        with np.load(path, allow_pickle=False) as stored:
            rows.append(stored["texts" if "texts" in stored else "events"][:EACH])
            table = {name: stored[name] for name in TABLE if name in stored}
        names.append(", ".join(_label(value) for value in entry.fields.values()))
    if len({row.shape for row in rows}) > 1:
        return None
    title = f"Samples, the best settings first ({', '.join(entries[0].fields)})"
    events = "texts" if table else "events"
    return {events: np.stack(rows), "rows": np.array(names), "title": np.array(title), **table}
