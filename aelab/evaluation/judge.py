"""A classifier of our own as judge of made-up images: the convolutional encoder with one dense layer on its features.

No weights from outside: what it knows of the set it has learnt from the training images of the set.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from aelab import latents, nets
from aelab.data.normalise import normalised
from aelab.data.source import Source, Spec, Splits
from aelab.evaluation.batches import by_block
from aelab.model import PyTree
from aelab.seeds import Purpose, key_for, key_shape

CHANNELS, FEATURES = (32, 64), 128
BATCH, LR = 128, 2e-3
REACH = 14  # a batch is moved by up to a 14th of the image, 2 of 28 pixels
BLOCK = 1000  # images a program call when nothing is learnt


class Opinion(NamedTuple):
    """What the judge makes of images."""

    features: np.ndarray  # [example, 128] float32, the layer before the last
    probabilities: np.ndarray  # [example, class] float32


@dataclass(frozen=True)
class Judge:
    """p(class | image), and the features that the last layer decides by. Judges of one spec share their programs."""

    spec: Spec

    @property
    def encoder(self) -> nets.conv.Encoder:
        return nets.conv.Encoder(self.spec.shape, CHANNELS, dense=FEATURES)

    @property
    def head(self) -> latents.Point:
        return latents.Point(len(self.spec.classes))

    @partial(jax.jit, static_argnums=0)
    def init(self, key) -> PyTree:
        """Fresh parameters."""
        first, second = jax.random.split(key)
        features, own = self.encoder.init_with_output(first, jnp.zeros((1, *self.spec.shape)))
        return {"encoder": own, "head": self.head.init(second, features)}

    def logits(self, params: PyTree, x: Float[Array, "batch *event"]):
        """Features and logits."""
        features = self.encoder.apply(params["encoder"], x)
        point: Any = self.head.apply(params["head"], features)
        return features, point.mode

    @partial(jax.jit, static_argnums=0)
    def opinion(self, params: PyTree, x: Array):
        """Features and probabilities."""
        features, logits = self.logits(params, x)
        return features, jax.nn.softmax(logits)

    def look(self, params: PyTree, x: Float[np.ndarray, "example *event"]) -> Opinion:
        """Its opinion of images as a model sees them, block by block."""
        return Opinion(*by_block(partial(self.opinion, params), x, BLOCK))

    def learn(self, source: Source, *, epochs: float, seed: int) -> PyTree:
        """Parameters that minimise the cross-entropy on a split, its batches moved about: Adam, a cosine down to 0."""
        steps = max(int(epochs * len(source) / BATCH), 1)
        params = self.init(key_for(seed, Purpose.INIT))
        opt_state, rng = _optimizer(steps).init(params), np.random.default_rng(seed)
        most = np.array(self.spec.shape[:-1]) // REACH
        order = np.concatenate([rng.permutation(len(source)) for _ in range(int(np.ceil(epochs)))])
        for i in range(steps):
            stored = source.get_batch(order[i * BATCH : (i + 1) * BATCH])
            x = moved(normalised(stored, self.spec), rng.integers(-most, most, endpoint=True))
            params, opt_state = self.advance(steps, params, opt_state, x, stored["label"])
        return params

    @partial(jax.jit, static_argnums=(0, 1))
    def advance(self, steps: int, params: PyTree, opt_state, x: Array, label: Array):
        """Parameters and optimizer state after one batch of the `steps` that training takes."""

        def loss(params):
            logits = self.logits(params, x)[1]
            return optax.softmax_cross_entropy_with_integer_labels(logits, label).mean()

        updates, opt_state = _optimizer(steps).update(jax.grad(loss)(params), opt_state, params)
        return optax.apply_updates(params, updates), opt_state


def _optimizer(steps: int) -> optax.GradientTransformation:
    """Adam, its learning rate falling to 0 along a cosine."""
    return optax.adam(optax.cosine_decay_schedule(LR, steps))


def moved(x: Float[np.ndarray, "batch *event"], by: Sequence[int] | np.ndarray) -> Float[np.ndarray, "batch *event"]:
    """Images or series moved `by` so many entries along each axis but the last; what was at the edge fills the gap."""
    places = [np.clip(np.arange(n) - step, 0, n - 1) for n, step in zip(x.shape[1:-1], by, strict=True)]
    return x[np.ix_(np.arange(len(x)), *places)]


def judge_of(splits: Splits, file: Path, *, epochs: float, seed: int) -> tuple[Judge, PyTree, float]:
    """The judge of a set, learnt now or read from `file`, and its accuracy on the test set."""
    judge = Judge(splits.spec)
    leaves, structure = jax.tree.flatten(jax.eval_shape(judge.init, key_shape()))
    if file.is_file():
        with np.load(file) as stored:
            params = jax.tree.unflatten(structure, [stored[f"leaf{i}"] for i in range(len(leaves))])
    else:
        params = jax.device_get(judge.learn(splits.train, epochs=epochs, seed=seed))
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part.npz")
        np.savez(part, **{f"leaf{i}": leaf for i, leaf in enumerate(jax.tree.leaves(params))})
        part.rename(file)
    test = splits.test.get_batch(np.arange(len(splits.test)))
    found = judge.look(params, normalised(test, splits.spec)).probabilities.argmax(1)
    return judge, params, float((found == test["label"]).mean())
