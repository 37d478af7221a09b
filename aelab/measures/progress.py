"""What is being measured, and how long it still takes; lines on stderr."""

import sys
import time
from collections.abc import Callable, Mapping

import numpy as np

from aelab.data.source import Source

EVERY = 2.0  # seconds between two lines


def say(line: str) -> None:
    """A line on stderr."""
    print(line, file=sys.stderr, flush=True)


def counter(name: str) -> Callable[[int, int], None]:
    """A function to be called with how many examples are done, and of how many; it says when the rest will be."""
    start = last = time.monotonic()

    def tell(done: int, of: int) -> None:
        nonlocal last
        now = time.monotonic()
        if 0 < done < of and now - last > EVERY:
            last, left = now, (now - start) * (of / done - 1)
            say(f"{name}: {done:,} of {of:,} examples, {left:.0f} s left")

    return tell


class Watched:
    """A split that says how much of it was read."""

    def __init__(self, source: Source, name: str):
        self.spec, self.fingerprint = source.spec, source.fingerprint
        self._source, self._tell = source, counter(name)

    def __len__(self) -> int:
        return len(self._source)

    def get_batch(self, indices: np.ndarray) -> Mapping[str, np.ndarray]:
        """The events; those before them are done."""
        self._tell(int(indices[0]), len(self))
        return self._source.get_batch(indices)
