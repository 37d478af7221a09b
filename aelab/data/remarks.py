"""What a user ought to know of the events of a set as a model sees them: little variance, wild values, lone classes."""

import math
from collections.abc import Callable

import numpy as np

from aelab.data.arrays import RESIDENT, ArraySource, Subset, labels, moments, pieces
from aelab.data.files import shown
from aelab.data.normalise import normalised
from aelab.data.source import Source, Spec, Splits
from aelab.errors import DataError

LITTLE = 0.02  # standard deviation of values in [0, 1] below which a model hardly sees them vary
ROUGH = 2e-6  # deviation as a share of the mean, below which float32 keeps few digits of it
FAR = 1e15  # deviations from the mean: squares of more are no longer finite, summed over an event
MANY = 5  # names in a sentence


def remarks(splits: Splits, place: Callable[[np.ndarray], str]) -> tuple[str, ...]:
    """Sentences about a set that was just split and could be in memory; a larger one is not read for them.

    `place` says where an event, as it is stored, stands in the files.

    Raises:
        DataError: a value that is so far from the training events that nothing can be computed of it.
    """
    whole = splits.train.source if isinstance(splits.train, Subset) else splits.train
    if not isinstance(whole, ArraySource) or whole.x.nbytes > RESIDENT:
        return ()
    found = _of_real(splits, place) if splits.spec.values == "real" else _of_unit(splits.train)
    return (*found, *_of_classes(splits))


def _of_unit(train: Source) -> list[str]:
    piece = next(pieces(train))
    x = normalised(piece, train.spec)
    if float(x.std()) >= LITTLE:
        return []
    stored, spec = piece["x"][~np.isnan(piece["x"])] if train.spec.missing else piece["x"], train.spec
    high = float(stored.max())
    remedy = f"--scale {high:g} or --scale standardise" if high > 0 else "--scale standardise"
    return [
        f"hardly any variance: the model sees values from {x.min():.3g} to {x.max():.3g} of [0, 1], standard deviation "
        f"{x.std():.2g} (stored {float(stored.min()):g} to {high:g}, divided by {np.max(spec.scale):g}); try {remedy}"
    ]


def _of_real(splits: Splits, place: Callable[[np.ndarray], str]) -> list[str]:
    spec, (mean, std, _) = splits.spec, moments(splits.train)
    parts = {"training": splits.train, "validation": splits.validation, "test": splits.test}
    largest = {name: _largest(part, place) for name, part in parts.items() if part is not None}
    rough = (std > 0) & (std < ROUGH * np.abs(mean))
    count = len(splits.train) * math.prod(spec.shape[:-1])
    alone = (largest["training"] ** 2 > 0.5 * count) & (count > 20) & (std > 0)
    wild = "one value makes more than half of the variance, and all others look alike: is it an error?"
    if alone.any():
        wild += f" It is in {place(_outermost(splits.train, int(alone.argmax())))}"
    said = [
        (std == 0, "hardly any variance: constant on the training events"),
        (rough, "hardly any variance: float32 keeps few digits of what varies, so take the mean away first"),
        (alone, wild),
    ]
    return [f"{named(which, spec)}: {what}" for which, what in said if which.any()]


def _largest(part: Source, place: Callable[[np.ndarray], str]) -> np.ndarray:
    """How far the outermost value of each channel is from the training mean, in deviations `[channel]`."""
    found = np.zeros(part.spec.shape[-1])
    for piece in pieces(part):
        x = np.abs(normalised(piece, part.spec))
        if not x.max() <= FAR:
            at = tuple(np.argwhere(~(x <= FAR))[0])
            step = f"step {at[1]}, " if len(at) == 3 else ""
            raise DataError(
                f"{place(piece['x'][at[0]])}, {step}{named_one(at[-1], part.spec)}: {piece['x'][at]:g} is {x[at]:.0e} "
                "deviations from the training mean, more than float32 can square; correct it"
            )
        found = np.maximum(found, x.reshape(-1, x.shape[-1]).max(0))
    return found


def _outermost(part: Source, channel: int) -> np.ndarray:
    """The event, as it is stored, that has the value farthest from the training mean in a channel."""
    found, most = part.get_batch(np.arange(1))["x"][0], -1.0
    for piece in pieces(part):
        far = np.abs(normalised(piece, part.spec))[..., channel].reshape(len(piece["x"]), -1).max(1)
        if far.max() > most:
            found, most = piece["x"][int(far.argmax())], float(far.max())
    return found


def named_one(index: int, spec: Spec) -> str:
    """One number of the last axis, by its name where it has one."""
    what = "column" if len(spec.shape) == 1 else "channel"
    return f"{what} {shown(spec.names[index])!r}" if spec.names else f"{what} {index}"


def named(which: np.ndarray, spec: Spec) -> str:
    """Some numbers of the last axis."""
    return listed([named_one(index, spec) for index in np.flatnonzero(which).tolist()])


def listed(words: list[str]) -> str:
    """The first few words, and how many more there are."""
    more = f" and {len(words) - MANY} more" if len(words) > MANY else ""
    return ", ".join(words[:MANY]) + more


def _of_classes(splits: Splits) -> list[str]:
    """Classes that only the held-out splits have."""
    label, classes = labels(splits.train), splits.spec.classes
    if label is None or not classes:
        return []
    counts = np.bincount(label[label >= 0], minlength=len(classes))  # below 0 where a label is hidden
    lone = [shown(classes[i]) for i in np.flatnonzero(counts[: len(classes)] == 0).tolist()]
    if not lone:
        return []
    return [f"no training event is of class {listed(lone)}: all are held out for validation and testing"]
