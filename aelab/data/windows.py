"""`--window`: one long series is cut into events, and split by time, so that no window is in two splits."""

from collections.abc import Mapping

import numpy as np

from aelab.config import DataOptions
from aelab.data.files import shown
from aelab.errors import ConfigError


def cut(
    series: Mapping[str, np.ndarray], where: object, options: DataOptions
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Windows `[n, window, channel]` of long series `[time]` or `[time, channel]` by role, and what was decided.

    A series of its own for testing stays apart. Otherwise the last tenth of the time is for testing and what comes
    before, as much as `--validation` says, is held out. No window crosses from one part into the next.

    Raises:
        ConfigError: a part is shorter than a window; a set that is no long series.
    """
    parts = {role: _long(x, where) for role, x in series.items()}
    train = parts["train"]
    n = len(train)
    tested = 0 if "test" in parts else max(round(n / 10), 1)
    held = max(round(n * options.validation), 1) if options.validation else 0
    parts["train"] = train[: n - tested - held]
    if tested:
        parts["test"] = train[n - tested :]
    if held:
        parts["held_out"] = train[n - tested - held : n - tested]
    stride = options.stride or options.window
    made = {role: _windows(x, options.window, stride, role, where) for role, x in parts.items()}
    counts = ", ".join(f"{len(x)} for {NAMES[role]}" for role, x in made.items())
    return made, (f"windows of {options.window} steps, {stride} apart, split by time: {counts}",)


NAMES = {"train": "training", "held_out": "validation", "test": "testing"}


def _long(x: np.ndarray, where: object) -> np.ndarray:
    x = x[0] if x.ndim == 3 and len(x) == 1 else x
    if x.ndim > 2:
        raise ConfigError(f"--window: it cuts one long series (time, channel), and {shown(where)} has shape {x.shape}")
    return x[:, None] if x.ndim == 1 else x


def _windows(x: np.ndarray, window: int, stride: int, role: str, where: object) -> np.ndarray:
    needed = window + stride if role == "train" else window  # two events to train on
    if len(x) < needed:
        raise ConfigError(
            f"--window: {window} steps, {stride} apart, need {needed} for {NAMES[role]}, and {shown(where)} "
            f"leaves {len(x)}; give a smaller --window, or another --validation"
        )
    return sliding(x, window, stride)


def sliding(x: np.ndarray, window: int, stride: int) -> np.ndarray:
    """All windows `[n, window, channel]` of a series `[time, channel]`, each `stride` steps behind the last."""
    starts = np.arange(0, len(x) - window + 1, stride)
    return np.ascontiguousarray(np.lib.stride_tricks.sliding_window_view(x, window, axis=0)[starts].swapaxes(1, 2))
