"""Events to take noise from: clean, and the same with noise from a fixed key."""

from typing import NamedTuple

import jax
import numpy as np

from aelab import corruptions
from aelab.baselines.denoisers import denoisers
from aelab.data.source import Splits
from aelab.evaluation.batches import per_example
from aelab.seeds import base_key

KEY = 2008  # of the noise on the events that are scored


class Noise(NamedTuple):
    """Events with noise on them, drawn once."""

    test: np.ndarray  # [event, *shape]
    validation: np.ndarray


class Events:
    """Clean events as the nets see them, all of test and the first `validation` of those held out, and the classical
    methods there are for them.
    """

    def __init__(self, splits: Splits, validation: int):
        self.spec, self.sources = splits.spec, (splits.test, splits.validation or splits.train)
        self.first = (None, validation)
        seen = [
            per_example(lambda batch: batch.inputs, s, first=n) for s, n in zip(self.sources, self.first, strict=True)
        ]
        self.clean, self.validation = seen
        self.unit, self.images = self.spec.values == "unit", len(self.spec.shape) == 3
        train = per_example(lambda batch: batch.inputs, splits.train, first=10_000)
        self.methods = {n: m for n, m in denoisers(train).items() if self.images or not m.images}

    def noisy(self, kind: str, level: float) -> Noise:
        """Both with noise of a kind; no seed of a run touches its key."""
        spoil = corruptions.named(kind, self.spec.values, self.spec.shape)
        seen = jax.jit(lambda key, batch: spoil(key, batch, level).inputs)
        keys = jax.random.split(base_key(KEY), 2)
        ways = zip(keys, self.sources, self.first, strict=True)
        return Noise(*(per_example(lambda b, key=key: seen(key, b), source, first=n) for key, source, n in ways))
