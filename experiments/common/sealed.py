"""The data of a task whose test events stay closed until everything has been chosen."""

import sys
from collections.abc import Callable, Mapping
from typing import Any

from aelab.baselines import tuning


class Sealed:
    """The splits of a task: training and validation events at once, the test events behind `open`.

    Once they are open nothing can be chosen any more, so that no choice has seen them.
    """

    def __init__(self, splits: Any):
        self.spec, self.train = splits.spec, splits.train
        self.validation = splits.validation or splits.train
        self._test, self._opened = splits.test, False

    def tune(self, score: Callable[..., float], axes: Mapping[str, Any]) -> tuning.Tuned:
        """The best setting of a rival, or of ours, by its score on validation events: `tuning.tune`.

        Raises:
            RuntimeError: the test events are open.
        """
        self.closed()
        found = tuning.tune(score, axes)
        for name in found.unbounded:
            print(f"note: no end to the best {name}, {found.setting[name]:.3g}, of a grid that grew", file=sys.stderr)
        return found

    def closed(self) -> None:
        """Called by whatever chooses.

        Raises:
            RuntimeError: the test events are open.
        """
        if self._opened:
            raise RuntimeError("the test events are open: nothing can be chosen any more")

    def open(self) -> Any:
        """The test events, as a source."""
        self._opened = True
        return self._test
