"""What the tables of anomalies share: rivals and scores of ours that are chosen without an anomaly, then judged once.

A choice goes by the separation: how well a detector tells normal validation events from moved copies of them.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aelab.report import tables
from aelab.runs.folder import Run

from . import leads, needs, trained

CLOSED = ("validation", "copies")  # the parts of the data that a choice sees
DIGITS = 4  # of an AUROC
NORMAL = needs.LEADS | {"validation": 2}  # normal events, at least: of held-out ones each is seen beside the others
COPIES = 1000  # moved copies of validation events that a choice sees, or fewer by less than one a validation event


@dataclass(frozen=True)
class Candidate:
    """A detector that may be chosen; its scores of the test events are asked for afterwards."""

    method: str
    score: str  # which score of a net, or the setting of a rival
    seed: int
    closed: Mapping[str, Any]  # its scores by part of `CLOSED`, float64 [example]
    of_test: Callable[[Any], Any]  # its scores of the test events, given as a source
    facts: Mapping[str, Any] = field(default_factory=dict)  # what a row says of it besides

    @property
    def separation(self) -> float:
        """The AUROC that tells moved copies from the validation events they were made of."""
        from aelab.evaluation.detection import separation

        return separation(*(self.closed[part] for part in CLOSED))


def moved_copies(source: Any, seed: int = 0) -> Any:
    """About `COPIES` moved copies of the events of a source, as a source; where it has more events, of the first."""
    import numpy as np

    from aelab.data.arrays import from_batch
    from aelab.evaluation.detection import moved

    x = source.get_batch(np.arange(min(len(source), COPIES)))["x"]
    return from_batch({"x": moved(x, seed, COPIES // len(x))}, source.spec)


def rivals(sealed: Any, copies: Any, seeds: Sequence[int], named: Mapping[str, Iterable[int]]) -> list[Candidate]:
    """Every classical detector at its best setting, and those of `named` settings, which nobody chose.

    One that draws at random stands once a seed, the others once.
    """
    from aelab.baselines import detectors
    from aelab.baselines.components import events

    found, train = [], events(sealed.train)
    closed = dict(zip(CLOSED, (events(sealed.validation), events(copies)), strict=True))

    def candidate(name: str, said: str, seed: int, detector: Callable) -> Candidate:
        own = {part: detector(x) for part, x in closed.items()}
        return Candidate(name, said, seed, own, once(lambda test: detector(events(test))))

    for seed in seeds:
        for name, method in detectors.methods(train.shape[1], len(train), seed).items():
            if method.random or seed == seeds[0]:
                setting = tuned(sealed, method, train, closed)
                said = ", ".join(f"{axis} {value:g}" for axis, value in setting.items())
                found.append(candidate(name, said, seed, method.fit(train, **setting)))
                for value in named.get(name, ()):
                    (axis,) = method.axes
                    detector = method.fit(train, **{axis: value})
                    found.append(candidate(f"{name}, {axis} {value}", "as named", seed, detector))
    return found


def tuned(sealed: Any, method: Any, train: Any, closed: Mapping[str, Any]) -> dict[str, float]:
    """The setting of a classical detector that best tells the first validation events from their moved copies."""
    from aelab.evaluation.detection import separation

    normal, copies = closed["validation"][:COPIES], closed["copies"]

    def score(**setting: float) -> float:
        detector = method.fit(train[: method.most], **setting)
        return separation(detector(normal), detector(copies))

    return sealed.tune(score, method.axes).setting


def of_run(method: str, seed: int, run: Run, sealed: Any, copies: Any) -> list[Candidate]:
    """A candidate for each score of a run. With one variance for all entries, deviance ranks as the error does."""
    path, facts = run.path, trained.facts(run, "parameters")
    own = _scores(path, seed, {"train": sealed.train, "validation": sealed.validation, "copies": copies})
    if sealed.spec.values != "unit":
        del own["deviance"]
    both = {"train": sealed.train, "validation": sealed.validation}
    opened = once(
        lambda test: {name: found["test"] for name, found in _scores(path, seed, both | {"test": test}).items()}
    )
    return [
        Candidate(method, name, seed, scores, lambda test, name=name: opened(test)[name], facts)
        for name, scores in own.items()
    ]


def once(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same function of the test events, of which there is one set: its result is kept."""
    kept: list[Any] = []

    def of_test(test: Any) -> Any:
        if not kept:
            kept.append(function(test))
        return kept[0]

    return of_test


def _scores(path: Path, seed: int, parts: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """By score and part. Views of images are large, so they are made again for the test events instead of kept."""
    from aelab.evaluation import strangeness
    from aelab.runs.load import load
    from aelab.seeds import Purpose, key_for

    model, params, _ = load(path)
    key = None if model.parts.prior is None else key_for(seed, Purpose.EVALUATE)
    return strangeness.scores({part: strangeness.view(model, params, source, key) for part, source in parts.items()})


def together(method: str, members: Sequence[Candidate]) -> Candidate:
    """The mean of the members' scores, each in units of its mean over the validation events."""
    import numpy as np

    units = [member.closed["validation"].mean() for member in members]

    def mean(each: Iterable[Any]) -> Any:
        return np.mean([own / unit for own, unit in zip(each, units, strict=True)], 0)

    closed = {part: mean(member.closed[part] for member in members) for part in CLOSED}
    said = f"mean of {len(members)}"
    of_test = once(lambda test: mean(member.of_test(test) for member in members))
    facts = {"runs": [member.facts["run"] for member in members], "step": members[0].facts["step"]}
    return Candidate(method, said, members[0].seed, closed, of_test, facts)


def best(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Of all methods and scores the one of the highest mean separation over its seeds; of equals the first."""
    groups: dict[tuple[str, str], list[Candidate]] = {}
    for own in candidates:
        groups.setdefault((own.method, own.score), []).append(own)
    return max(groups.values(), key=lambda group: statistics.mean(own.separation for own in group))


def verdict(ours: str, auroc: Sequence[float], baselines: Sequence[Mapping[str, Any]]) -> str:
    """What was chosen, and its lead over the rivals that are strongest by moved copies and on test events.

    `auroc` is that of each seed. A rival's `separation` and `auroc` are averaged over its rows; one has the `lead`.
    """
    said = f"Chosen by moved copies: {ours}, AUROC {tables.spread(auroc, 4)}."
    for where, score in STRONGEST.items():
        name, found = strongest(baselines, score)
        said += f" Against the strongest rival {where}, {name}: {leads.marked(found, DIGITS)}, {leads.standing(found)}."
    return said


STRONGEST = {"by moved copies": "separation", "on the test events": "auroc"}


def strongest(baselines: Sequence[Mapping[str, Any]], score: str) -> tuple[str, Sequence[float]]:
    """The method of the highest mean score, and the lead over it, empty where none is written down."""
    groups = tables.grouped(map(dict, baselines), lambda own: own["method"])
    name = max(groups, key=lambda method: statistics.mean(own[score] for own in groups[method]))
    return name, next((own["lead"] for own in groups[name] if "lead" in own), ())
