"""The events that a trained run is applied to: where they come from, and what is known of each."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from aelab.data.normalise import normalised
from aelab.data.source import Source, Spec
from aelab.errors import ConfigError

SPLITS = ("train", "validation", "test")  # of the set that a run was trained on, as --input


class Given(NamedTuple):
    """Events in the units in which they came, `[n, *event]`, and what is known of them; None where nothing is."""

    x: np.ndarray
    length: np.ndarray | None = None  # steps of each series
    label: np.ndarray | None = None  # names of classes
    files: Sequence[str] | None = None  # which file each is from
    beside: np.ndarray | None = None  # the run's conditions, as they are stored
    notes: tuple[str, ...] = ()

    @property
    def events(self) -> int:
        """How many events there are."""
        return len(self.x)


def own_split(name: str, config, spec: Spec, require_same: Callable) -> Given:
    """A split of the set that a run was trained on.

    Raises:
        ConfigError: there is none of that name, or the data has changed since.
    """
    from aelab import data

    splits = data.load(config)
    require_same(splits)
    source: Source | None = getattr(splits, name)
    if source is None:
        raise ConfigError(
            f"--input: {splits.name} has no {name} split, as --validation held out nothing; take train or test"
        )
    batch = source.get_batch(np.arange(len(source)))
    label = np.array(spec.classes)[batch["label"]] if "label" in batch and spec.classes else None
    same = (source.spec.scale, source.spec.shift) == (spec.scale, spec.shift)
    x = batch["x"] if same else normalised(batch, source.spec)  # bits of a set of grey values are shares
    return Given(x, batch.get("length"), label, beside=batch.get(spec.condition))
