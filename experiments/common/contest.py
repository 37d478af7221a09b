"""What takes noise away, with and without a net: tuned on validation events, scored on the same test events."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from aelab.baselines.noisy import Pair, doubted, kept
from aelab.evaluation.paired import lead_of_means
from aelab.evaluation.restoration import psnr, restoration_scores

from . import trained

SHOWN = 12  # events in the picture
Row = dict[str, Any]


class Rival(NamedTuple):
    """A method with the setting that validation chose, and its PSNR there."""

    name: str
    apply: Callable[..., np.ndarray]
    setting: dict[str, float]
    validation: float


class Judge(NamedTuple):
    """How events with one kind of noise are scored: what no noise can have changed is as it was seen, for everyone."""

    kind: str
    unit: bool  # values in [0, 1]: outputs are clipped to them

    def psnr(self, seen: Pair, restored: np.ndarray) -> np.ndarray:
        """In dB, of each event."""
        return psnr(seen.clean, self.finished(seen, restored))

    def scores(self, seen: Pair, restored: np.ndarray) -> dict[str, float]:
        """Means over events; `plain` is the PSNR of what was restored as it is, where anything is kept."""
        found = restoration_scores(seen.clean, self.finished(seen, restored), self.unit)
        if self.kind == "gaussian":
            return found
        return found | {"plain": restoration_scores(seen.clean, restored, self.unit)["psnr"]}

    def finished(self, seen: Pair, restored: np.ndarray) -> np.ndarray:
        """Clipped, and kept where nothing was spoilt."""
        restored = np.clip(restored, 0, 1) if self.unit else restored
        return kept(self.kind, seen.noisy, restored)


def tuned(methods: Mapping[str, Any], seen: Pair, judge: Judge, tune: Callable) -> list[Rival]:
    """Each method with its best setting; `seen` are validation events, and `tune` is that of `Sealed`."""
    found = []
    for name, method in methods.items():
        score = lambda method=method, **setting: judge.psnr(seen, method(seen.noisy, **setting)).mean()  # noqa: E731
        best = tune(score, method.axes)
        found.append(Rival(name, method, best.setting, best.score))
    return found


def strongest(rivals: list[Rival]) -> Rival:
    """The one that claims are held against, by validation events."""
    return max(rivals, key=lambda rival: rival.validation)


class Found(NamedTuple):
    """What one kind and level of noise adds to the table."""

    rows: list[Row]  # ours
    baselines: list[Row]
    leads: list[Row]  # of the spatial codes over the strongest rival, with paired intervals
    drawn: dict[str, np.ndarray]  # versions of the first events, by name


def scored(seen: Pair, judge: Judge, rivals: list[Rival], runs: list[trained.Trained]) -> Found:
    """Rows of the noisy test events, of all rivals and of the runs."""
    best = strongest(rivals)
    baselines: list[Row] = [{"method": "noisy", "setting": None, **judge.scores(seen, seen.noisy)}]
    for name, apply, setting, validation in rivals:
        restored = apply(seen.noisy, **setting)
        facts = {"method": name, "setting": setting, "validation_psnr": validation, "strongest": name == best.name}
        baselines.append(facts | judge.scores(seen, restored))
        if name == best.name:
            held, drawn = judge.psnr(seen, restored), {"clean": seen.clean, "noisy": seen.noisy, name: restored}
    rows, leads = [], []
    for (code, on), group in itertools.groupby(runs, lambda run: (run.code, run.on)):
        own, restored = by_network(seen, judge, list(group))
        rows += own
        if on == "range":
            drawn[f"our {code}"] = restored[0]
        if code == "spatial":
            leads += ahead(seen, judge, restored, held, {"rival": best.name, "trained_on": on})
    shown = {
        name: judge.finished(seen, version)[:SHOWN] if name != "clean" else version[:SHOWN]
        for name, version in drawn.items()
    }
    return Found(rows, baselines, leads, shown)


def by_network(seen: Pair, judge: Judge, runs: list[trained.Trained]) -> tuple[list[Row], np.ndarray]:
    """A row for each run of one recipe and one for their mean; and what each makes of events, `[seed, event, …]`."""
    hidden = None if judge.kind == "gaussian" else doubted(judge.kind, seen.noisy)  # for encoders that look at it
    restored = np.stack([trained.restore(run.run.path, seen.noisy, hidden=hidden) for run in runs])
    rows = []
    for one, run in zip(restored, runs, strict=True):
        facts = {"method": run.code, "trained_on": run.on, "seed": run.seed, **trained.facts(run.run, "parameters")}
        rows.append(facts | judge.scores(seen, one))
    if len(runs) > 1:
        name = f"{run.code}, ensemble"
        facts = {"method": name, "trained_on": run.on, "seeds": len(runs), "step": rows[0]["step"]}
        rows.append(facts | judge.scores(seen, restored.mean(0)))
    return rows, restored


def ahead(seen: Pair, judge: Judge, restored: np.ndarray, rival: np.ndarray, facts: Row) -> list[Row]:
    """The lead of the single runs, and that of their mean."""
    single = np.stack([judge.psnr(seen, one) for one in restored])
    found = [{"method": "spatial", "seeds": len(restored), **named(lead_of_means(single, rival))}]
    if len(restored) > 1:
        together = lead_of_means(judge.psnr(seen, restored.mean(0)), rival)
        found.append({"method": "ensemble", "seeds": len(restored), **named(together)})
    return [facts | row for row in found]


def named(lead: Any) -> Row:
    return {"db": lead.value, "low": lead.low, "high": lead.high}
