"""A score: how it is called, its unit, which way is better, what it means, and which models have one."""

from collections.abc import Callable
from typing import Literal, NamedTuple

NATS = "nats per example"


class Score(NamedTuple):
    """A score of a split.

    `compute` makes it a score of one's own. Over "batch", `compute(model, params, key, batch)` is traced and gives a
    number for each row, whose mean over the split is the score; draws go by `batch.index`. Over "source",
    `compute(model, params, key, source)` gives the number itself.
    """

    name: str  # as in summary.json behind the split
    unit: str = ""
    direction: Literal["lower", "higher", "neither"] = "lower"  # which way is better
    meaning: str = ""  # in a line
    compute: Callable | None = None
    over: Literal["batch", "source"] = "batch"
    label: str = ""  # as a page calls it; else the name with spaces
    codes: Literal["any", "random", "normal"] = "any"  # the codes that have it: "random" have a rate
    likelihoods: Literal["any", "bernoulli"] = "any"  # the likelihoods that have it
    relative: bool = False  # to the likelihood: runs with another one cannot be compared by it

    @property
    def called(self) -> str:
        """The words for it on a page."""
        return self.label or self.name.replace("_", " ")
