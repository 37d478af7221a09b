"""What takes noise away, with and without a net: tuned on validation events, scored on the same test events."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from aelab.baselines.noisy import Pair, kept
from aelab.evaluation.paired import lead_of_means
from aelab.evaluation.restoration import psnr, restoration_scores

from . import restorers

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
        return psnr(seen.clean, self.finished(seen, restored), self.unit)

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


class Ours(NamedTuple):
    """What we have against one kind and level of noise."""

    recipes: dict[tuple[str, str], list[restorers.Trained]]  # the runs of a method and of what it was trained on
    claimed: dict[str, str]  # by what they were trained on, the method whose leads are claimed


class Found(NamedTuple):
    """What one kind and level of noise adds to the table."""

    rows: list[Row]  # ours
    baselines: list[Row]
    leads: list[Row]  # of ours over the strongest rival, with paired intervals
    drawn: dict[str, np.ndarray]  # versions of the first events, by name


def scored(seen: Pair, judge: Judge, rivals: list[Rival], ours: Ours, few: int) -> Found:
    """Rows of the noisy test events, all rivals and ours; slow weaker rivals are scored on the first `few`."""
    best = strongest(rivals)
    baselines: list[Row] = [{"method": "noisy", "setting": None, **judge.scores(seen, seen.noisy)}]
    for name, apply, setting, validation in rivals:
        own = Pair(*(part[:few] for part in seen)) if getattr(apply, "slow", False) and name != best.name else seen
        restored = apply(own.noisy, **setting)
        facts = {"method": name, "setting": setting, "validation_psnr": validation, "strongest": name == best.name}
        baselines.append(facts | {"events": len(own.clean)} | judge.scores(own, restored))
        if name == best.name:
            held, drawn = judge.psnr(seen, restored), {"noisy": seen.noisy, name: restored}
    rows, leads = [], []
    for (method, on), recipe in ours.recipes.items():
        restored = restorers.restored(recipe, judge.kind, seen.noisy)
        rows += own_rows(seen, judge, restored, recipe, {"method": method, "trained_on": on})
        drawn |= {f"our {method}": restored[0]} if on == next(iter(ours.claimed)) else {}
        if ours.claimed[on] == method:
            leads += ahead(seen, judge, restored, held, {"rival": best.name, "trained_on": on, "method": method})
    shown = {name: judge.finished(seen, version)[:SHOWN] for name, version in drawn.items()}
    return Found(rows, baselines, leads, {"clean": seen.clean[:SHOWN], **shown})


def chosen(recipes: dict, seen: Pair, judge: Judge) -> Ours:
    """Of methods that were trained on the same, the best one on validation events is claimed."""
    found: dict[str, dict[str, float]] = {}
    for (method, on), recipe in recipes.items():
        restored = restorers.restored(recipe, judge.kind, seen.noisy)
        found.setdefault(on, {})[method] = float(np.mean([judge.psnr(seen, one).mean() for one in restored]))
    return Ours(recipes, {on: max(scores, key=lambda name: scores[name]) for on, scores in found.items()})


def own_rows(seen: Pair, judge: Judge, restored: np.ndarray, recipe: list[restorers.Trained], facts: Row) -> list[Row]:
    """A row for each seed, and one for the mean of what they make of an event."""
    rows = []
    for seed, one in zip(restorers.seeds(recipe), restored, strict=True):
        runs = [run for run in recipe if run.seed == seed]
        rows.append(facts | {"seed": seed} | restorers.facts(runs) | judge.scores(seen, one))
    if len(rows) > 1:
        name = f"{facts['method']}, ensemble"
        together = {"method": name, "seeds": len(rows), "step": rows[0]["step"]}
        rows.append(facts | together | judge.scores(seen, restored.mean(0)))
    return rows


def ahead(seen: Pair, judge: Judge, restored: np.ndarray, rival: np.ndarray, facts: Row) -> list[Row]:
    """The lead of the single seeds, and that of their mean."""
    single = np.stack([judge.psnr(seen, one) for one in restored])
    found = [{"seeds": len(restored), "ensemble": False, **named(lead_of_means(single, rival))}]
    if len(restored) > 1:
        together = lead_of_means(judge.psnr(seen, restored.mean(0)), rival)
        found.append({"seeds": len(restored), "ensemble": True, **named(together)})
    return [facts | row for row in found]


def named(lead: Any) -> Row:
    """A lead as an entry of a table."""
    return {"db": lead.value, "low": lead.low, "high": lead.high}
