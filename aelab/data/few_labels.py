"""Training with few labels: of the other events the label is hidden, as in semi-supervised learning."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aelab.data.arrays import labels
from aelab.data.printed import Printed
from aelab.data.source import Source, Splits
from aelab.errors import ConfigError

HIDDEN = -1  # the label of an event whose label is not shown; as a condition it is a row of zeros
SEED = 3  # of which events are labelled; never the run's, so that all runs are shown the same labels


@dataclass(eq=False, repr=False)
class FewLabels(Printed):
    """The events of `source`, with the labels of those at `shown` alone."""

    source: Source
    shown: np.ndarray  # positions, in order

    def __post_init__(self):
        self.spec = self.source.spec

    def __len__(self) -> int:
        return len(self.source)

    def get_batch(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """What `source` gives for them, `label` being -1 where it is hidden."""
        batch = self.source.get_batch(indices)
        return {**batch, "label": np.where(np.isin(indices, self.shown), batch["label"], HIDDEN).astype(np.int32)}

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over that of the events and which of them show their label."""
        shown = self.shown.astype("<i8").tobytes()
        return hashlib.sha256(b"few labels" + self.source.fingerprint.encode() + shown).hexdigest()


def few(splits: Splits, count: int) -> Splits:
    """The same set with `count` labels on its training events, as many of each class; validation and test keep all.

    Raises:
        ConfigError: there are no labels, they cannot be spread evenly, or a class has too few events.
    """
    if splits.spec.condition != "label":
        raise ConfigError("--labelled: nothing is told of labels; add --condition label, or leave it out")
    classes = len(splits.spec.classes)
    if count % classes:
        raise ConfigError(f"--labelled: {splits.name} has {classes} classes; give a multiple of that, not {count}")
    found, rng, shown = labels(splits.train), np.random.default_rng(SEED), []
    for label in range(classes):
        of_class = np.flatnonzero(found == label)
        if len(of_class) < count // classes:
            raise ConfigError(f"--labelled: class {label} of {splits.name} has {len(of_class)} events; ask for fewer")
        shown.append(rng.choice(of_class, count // classes, replace=False))
    return splits._replace(train=FewLabels(splits.train, np.sort(np.concatenate(shown))))
