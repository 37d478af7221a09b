"""Events to take noise from: clean, and the same with noise from fixed keys that no seed of a run touches."""

from collections.abc import Callable, Iterator
from functools import cache, cached_property
from typing import NamedTuple

import jax
import numpy as np

from aelab import corruptions
from aelab.baselines.gaussian import Moments, moments
from aelab.data.source import Source, Spec
from aelab.evaluation.batches import batches, per_example
from aelab.seeds import base_key

KEY = 2008  # of the noise on the events that are scored
ENOUGH = 20_000  # noisy events for a fit: a smaller training set is given noise several times


class Pair(NamedTuple):
    """Clean events and the same with noise, `[event, *shape]`."""

    clean: np.ndarray
    noisy: np.ndarray


class Events:
    """The clean training events, all of them, and validation events of which at least `most` are made noisy.

    Where there are fewer validation events they are used again, with noise drawn anew.
    """

    def __init__(self, spec: Spec, train: Source, validation: Source, most: int):
        self.spec, self.source, self.held_out, self.most = spec, train, validation, most
        self.unit, self.images = spec.values == "unit", len(spec.shape) == 3
        self.train = per_example(lambda batch: batch.inputs, train)
        self.noise = cache(self._noise)  # a small set has noise drawn anew many times: that must not compile anew

    @cached_property
    def moments(self) -> Moments:
        """Of the clean training events."""
        return moments(self.train)

    def validation(self, kind: str, level: float) -> Pair:
        """Those on which rivals are tuned."""
        _, key = jax.random.split(base_key(KEY))
        draws = [key, *(jax.random.fold_in(key, draw) for draw in range(1, -(-self.most // len(self.held_out))))]
        pairs = [self.spoilt(self.held_out, kind, level, key, self.most) for key in draws]
        return Pair(*map(np.concatenate, zip(*pairs, strict=True)))

    def test(self, source: Source, kind: str, level: float, first: int | None = None) -> Pair:
        """All events of a source or the first of them, with noise on them."""
        return self.spoilt(source, kind, level, jax.random.split(base_key(KEY))[0], first)

    def spoilt(self, source: Source, kind: str, level: float, key: jax.Array, first: int | None = None) -> Pair:
        """The first events of a source, and the same with noise by that key."""
        seen = self.noise(kind, level)
        return Pair(*per_example(lambda batch: (batch.inputs, seen(key, batch)), source, first=first))

    def blocks(self, kind: str, level: float) -> Iterator[Pair]:
        """Training events and the same with noise, a block at a time."""
        seen, key = self.noise(kind, level), jax.random.fold_in(base_key(KEY), 2)  # 0 and 1 are those of `split`
        for draw in range(-(-ENOUGH // len(self.source))):
            own = jax.random.fold_in(key, draw)
            for batch, real in batches(self.source):
                yield Pair(np.asarray(batch.inputs)[:real], np.asarray(seen(own, batch))[:real])

    def _noise(self, kind: str, level: float) -> Callable:
        """`(key, batch) -> inputs with noise`, compiled."""
        spoil = corruptions.named(kind, self.spec.values, self.spec.shape)
        return jax.jit(lambda key, batch: spoil(key, batch, level).inputs)


def doubted(kind: str, noisy: np.ndarray) -> np.ndarray:
    """Which entries a kind of noise may have changed, by their values; all others are as they were."""
    if kind == "salt_and_pepper":
        return (noisy == 0) | (noisy == 1)
    return noisy == 0 if kind == "masking" else np.ones(noisy.shape, bool)


def kept(kind: str, noisy: np.ndarray, restored: np.ndarray) -> np.ndarray:
    """What was restored, with every entry that no noise can have changed as it was seen."""
    return np.where(doubted(kind, noisy), restored, noisy)
