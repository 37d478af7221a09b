"""What is being measured, and how long it still takes; lines on stderr."""

import sys
import time
from collections.abc import Mapping

import numpy as np

from aelab.data.source import Source

EVERY = 2.0  # seconds between two lines


def say(line: str) -> None:
    """A line on stderr."""
    print(line, file=sys.stderr, flush=True)


class Watched:
    """A split that says how much of it was read, and when the rest will be."""

    def __init__(self, source: Source, name: str):
        self.spec, self.fingerprint = source.spec, source.fingerprint
        self._source, self._name = source, name
        self._start = self._last = time.monotonic()

    def __len__(self) -> int:
        return len(self._source)

    def get_batch(self, indices: np.ndarray) -> Mapping[str, np.ndarray]:
        """The events; those before them are done."""
        now, done = time.monotonic(), int(indices[0])
        if done and now - self._last > EVERY:
            self._last, left = now, (now - self._start) * (len(self) / done - 1)
            say(f"{self._name}: {done:,} of {len(self):,} examples, {left:.0f} s left")
        return self._source.get_batch(indices)
