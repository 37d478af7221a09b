"""What the scores of a run are of: only runs of one data set, one likelihood and equally many entries can be ranked."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from aelab.experiment.scores import no_density

NEAR = 1.02  # runs whose counts of entries differ by less are of one kind: a drawn mask differs from seed to seed


class Ground(NamedTuple):
    """What a score is of."""

    data: str  # the name of the set
    exactly: str  # the sha256 of the test events and how they are scaled, as JSON; "" where the run does not say
    likelihood: str
    entries: float | None  # of an example, that count; None where the scores do not say
    bound: str = ""  # why the bounds are none of a density

    @property
    def words(self) -> str:
        """In a line."""
        counted = f"{self.entries:.4g} entries" if self.entries else ""
        return ", ".join(filter(None, (self.data, self.likelihood, counted)))


UNKNOWN = Ground("", "", "", None)
SCALED = ("shape", "values", "scale", "shift", "levels")  # of the spec: a density is one per unit


def ground(config: Mapping[str, Any], manifest: Mapping[str, Any], scores: Mapping[str, Any]) -> Ground:
    """Of a run, from its config, its manifest and its scores."""
    data = manifest.get("data") or {}
    spec, test = data.get("spec") or {}, (data.get("splits") or {}).get("test") or {}
    known = {"test": test.get("sha256"), **{name: spec.get(name) for name in SCALED}} if test else {}
    likelihood = str(config.get("likelihood", ""))
    bound = no_density(likelihood, spec) if "test/elbo" in scores else ""
    if likelihood == "auto":
        usual = {"unit": "bernoulli", "real": "normal"}.get(str(spec.get("values")), likelihood)
        likelihood = "mixed" if spec.get("columns") else usual
    exactly = json.dumps(known, sort_keys=True) if known else ""
    return Ground(str(config.get("data", "")), exactly, likelihood, _entries(scores), bound)


def _entries(scores: Mapping[str, Any]) -> float | None:
    """Entries of an example that its scores count: the squared error is summed over them, the mse is their mean."""
    total, mean = scores.get("test/squared_error"), scores.get("test/mse")
    return total / mean if total and mean and math.isfinite(total / mean) else None


def groups(grounds: Sequence[Ground], *, by_likelihood: bool) -> list[list[int]]:
    """Which runs can be ranked together, by index: the largest group first, others as they come."""
    found: dict[tuple, list[int]] = {}
    sizes = _rounded([each.entries for each in grounds])
    for i, (each, size) in enumerate(zip(grounds, sizes, strict=True)):
        likelihood = each.likelihood if by_likelihood else ""
        found.setdefault((each.exactly or each.data, likelihood, size), []).append(i)
    return sorted(found.values(), key=len, reverse=True)


def _rounded(entries: Sequence[float | None]) -> list[float | None]:
    """Each count as the least of those that it is near to."""
    least: dict[float, float] = {}
    last = group = -math.inf
    for count in sorted({count for count in entries if count is not None}):
        if last <= 0 or count > NEAR * last:
            group = count
        least[count] = group
        last = count
    return [None if count is None else least[count] for count in entries]
