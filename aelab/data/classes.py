"""Training on some classes alone, as anomaly detection does: the test set keeps them all."""

from collections.abc import Sequence

import numpy as np

from aelab.data.arrays import labels, take
from aelab.data.source import Source, Splits
from aelab.data.splits import standardised
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
    train = _of(splits.train, classes)
    validation = None if splits.validation is None else _of(splits.validation, classes)
    if not len(train) or (validation is not None and not len(validation)):
        raise ConfigError(f"--classes: no event of {' '.join(map(str, classes))} to train on or to validate with")
    kept = splits._replace(train=train, validation=validation)
    return kept if splits.spec.values == "unit" else standardised(kept)  # the others must not lend their scale


def _of(source: Source, classes: Sequence[int]) -> Source:
    label = labels(source)
    assert label is not None, "a set with classes has labels"
    return take(source, np.flatnonzero(np.isin(label, classes)))
