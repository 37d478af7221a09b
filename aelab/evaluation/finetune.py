"""An encoder and one linear layer, trained on labels: from a run's parameters, or from fresh ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from aelab.data.normalise import normalised
from aelab.data.source import Source
from aelab.errors import DataError
from aelab.evaluation import programs
from aelab.evaluation.batches import by_block
from aelab.evaluation.probes import few
from aelab.latents import dims, flat
from aelab.model import Autoencoder, PyTree
from aelab.seeds import Purpose, key_for

EVERY = 50  # steps between looks at the validation events
BATCH = 100  # events a step


class Labelled(NamedTuple):
    """Events as a model sees them, [n, *event], and their classes, [n]."""

    x: np.ndarray
    label: np.ndarray


def labelled(source: Source, data: str) -> Labelled:
    """A split as the nets see it, and its classes.

    Raises:
        DataError: it has none.
    """
    batch = source.get_batch(np.arange(len(source)))
    if "label" not in batch:
        raise DataError(f"--data: {data} has no classes to tell apart; take a set with labels")
    return Labelled(normalised(batch, source.spec), batch["label"])


@dataclass(frozen=True)
class Classifier:
    """Softmax of a linear layer on the code's mode; all of it is trained with Adam.

    Classifiers of equal models share their compiled programs.
    """

    model: Autoencoder
    classes: int
    _: KW_ONLY
    lr: float = 1e-3

    @property
    def optimizer(self) -> optax.GradientTransformation:
        return optax.adam(self.lr)

    def logits(self, weights: PyTree, x):
        """[n, class]."""
        z = flat(self.model.encode(weights["model"], x).mode)
        return z @ weights["kernel"] + weights["bias"]

    def loss(self, weights: PyTree, x, label):
        """Cross-entropy, mean in nats."""
        return optax.softmax_cross_entropy_with_integer_labels(self.logits(weights, x), label).mean()

    @partial(jax.jit, static_argnums=0)
    def predict(self, weights: PyTree, x):
        """The likeliest class of each event."""
        return self.logits(weights, x).argmax(-1)

    @partial(jax.jit, static_argnums=0)
    def advance(self, weights: PyTree, state, batches):
        """Weights and optimizer state after a step on each of `batches`."""

        def step(carry, batch):
            weights, state = carry
            change, state = self.optimizer.update(jax.grad(self.loss)(weights, *batch), state, weights)
            return (optax.apply_updates(weights, change), state), None

        return jax.lax.scan(step, (weights, state), batches)[0]

    def train(self, params: PyTree, train: Labelled, validation: Labelled, *, steps: int, seed: int) -> PyTree:
        """The weights that were best on the validation events, looked at every 50 steps; `params` are left alone."""
        rng = np.random.default_rng(seed)
        width = dims(programs.code_form(self.model, params, train.x.shape[1:]))
        weights: Any = {"model": params, "kernel": np.zeros((width, self.classes), np.float32)}
        weights["bias"] = np.zeros(self.classes, np.float32)
        state, best = self.optimizer.init(weights), (-1.0, weights)
        for _ in range(max(steps // EVERY, 1)):
            drawn = rng.integers(0, len(train.x), (min(steps, EVERY), BATCH))
            weights, state = self.advance(
                weights, state, (jnp.asarray(train.x[drawn]), jnp.asarray(train.label[drawn]))
            )
            best = max(best, (self.accuracy(weights, validation), weights), key=lambda found: found[0])
        return best[1]

    def from_few(
        self, params: PyTree, sets: Mapping[str, Labelled], counts: Sequence[int], *, draws: int, steps: int
    ) -> dict[str, list[float]]:
        """Percent of the test events that it tells after training on `counts` labels, by their number, one a draw."""
        found = {}
        for count in counts:
            scores = []
            for draw in range(draws):
                own = few(sets["train"].label, count, draw)
                some = Labelled(sets["train"].x[own], sets["train"].label[own])
                weights = self.train(params, some, sets["validation"], steps=steps, seed=draw)
                scores.append(100 * self.accuracy(weights, sets["test"]))
            found[str(count)] = scores
        return found

    def accuracy(self, weights: PyTree, events: Labelled) -> float:
        """Share of events whose class it tells."""
        return float((self.classes_of(weights, events.x) == events.label).mean())

    def classes_of(self, weights: PyTree, x: np.ndarray) -> np.ndarray:
        """The class of every event, a thousand at a time."""
        return by_block(partial(self.predict, weights), x, 1000)


def with_and_without(
    model: Autoencoder, params: PyTree, seed: int, sets: Mapping[str, Labelled], classes: int, **how: Any
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """What `Classifier.from_few` gets `how`-ever from a run's parameters, and from those that its seed starts with."""
    fresh = programs.initialised(model, key_for(seed, Purpose.INIT), sets["train"].x[:1])
    own = Classifier(model, classes)
    return own.from_few(params, sets, **how), own.from_few(fresh, sets, **how)


def squared_errors(model: Autoencoder, params: PyTree) -> Callable:
    """A function of events [n, *event] that gives Σ (x − x̂)² of each."""

    def errors(x: np.ndarray) -> np.ndarray:
        return np.square(x - np.asarray(programs.rebuilt(model, params, x))).reshape(len(x), -1).sum(1)

    return partial(by_block, errors, size=1000)
