"""Training on some classes alone, as anomaly detection does: the test set keeps them all."""

from collections.abc import Sequence

import numpy as np

from aelab.data.arrays import moments, pieces, take, with_spec
from aelab.data.source import Source, Spec, Splits
from aelab.errors import ConfigError


def only(splits: Splits, classes: Sequence[int]) -> Splits:
    """Train and validation without the events of any other class; what is measured on train is measured anew.

    `classes` are labels, as `spec.classes` counts their names from 0.

    Raises:
        ConfigError: no classes, none of that number, or one that no event is left of.
    """
    names = splits.spec.classes
    if not names:
        raise ConfigError(f"--classes: the events of {splits.name} have no classes; leave it out")
    if unknown := [label for label in classes if not 0 <= label < len(names)]:
        raise ConfigError(f"--classes: {unknown[0]}: {splits.name} has 0 to {len(names) - 1}, {', '.join(names)}")
    train, validation = (None if part is None else _of(part, classes) for part in (splits.train, splits.validation))
    if train is None or not len(train) or (validation is not None and not len(validation)):
        raise ConfigError(f"--classes: no event of {' '.join(map(str, classes))} to train on or to validate with")
    spec = _measured(train, splits.spec)
    kept = None if validation is None else with_spec(validation, spec)
    return Splits(splits.name, spec, with_spec(train, spec), kept, with_spec(splits.test, spec))


def labels(source: Source) -> np.ndarray:
    """The label of every event, int32 `[event]`; of a source that has them."""
    return np.concatenate([piece["label"] for piece in pieces(source)])


def _of(source: Source, classes: Sequence[int]) -> Source:
    return take(source, np.flatnonzero(np.isin(labels(source), classes)))


def _measured(train: Source, spec: Spec) -> Spec:
    """Mean, deviation and lengths of real numbers, of these events alone: the others must not lend their scale."""
    if spec.values == "unit":
        return spec
    mean, std, lengths = moments(train)
    return spec._replace(shift=tuple(mean.tolist()), scale=tuple(np.where(std > 0, std, 1).tolist()), lengths=lengths)
