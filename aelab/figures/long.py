"""Long series: fewer and wider tiles, so that their steps can be seen."""

from collections.abc import Sequence

import numpy as np

STEPS = 200  # a series of more is long
WIDTH, HEIGHT = 1600, 170  # pixels: of all tiles of a row together, and of one
ABREAST = 2  # events in a row
STAGES = 3  # of what goes from one end to another


def is_long(event: Sequence[int]) -> bool:
    """Whether events of that shape are long series `(time, channel)`."""
    return len(event) == 2 and event[0] > STEPS


def first(count: int, event: Sequence[int], most: int = ABREAST) -> np.ndarray:
    """Which of `count` events are drawn side by side: all, or the first few of long series."""
    return np.arange(min(count, most) if is_long(event) else count)


def stages(count: int, event: Sequence[int], most: int = STAGES) -> np.ndarray:
    """Which of `count` stages are drawn side by side: all, or of long series a few from the first to the last."""
    if not is_long(event) or count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).round().astype(int)
