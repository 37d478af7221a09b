"""How much of a book of codes is in use, over a whole split: over one batch it would depend on the size of the batch.

    perplexity = exp(−Σ_k p_k log p_k),  p_k the share of all places whose index is k

That is K where all K codes are as frequent, and 1 where one is all there is. Places that do not exist are not counted.
Of several levels, each has a book, and a score is that of the level where it is worst.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.devices.compiled import compiled
from aelab.evaluation.batches import batches
from aelab.experiment import Score, Validated
from aelab.model import Autoencoder, PyTree

RARE = 0.01  # of the mean use of a code: with less, it is dead


class Use(NamedTuple):
    """What the counts of a split say of its codes."""

    perplexity: float
    usage: float
    dead_share: float


def use_of(counts: Int[np.ndarray, "level code"]) -> Use:
    """The numbers of the counts of each code, each of the level where it is worst."""
    total, codes = counts.sum(1, keepdims=True), counts.shape[1]
    share = counts / np.maximum(total, 1)
    entropy = -(share * np.log(np.where(share > 0, share, 1))).sum(1)
    most = np.clip(total[:, 0], 1, codes)
    return Use(
        perplexity=float(np.exp(entropy).min()),
        usage=float(((counts > 0).sum(1) / most).min()),
        dead_share=float((share < RARE / codes).mean(1).max()),
    )


def counts(model: Autoencoder, params: PyTree, source: Source) -> Int[np.ndarray, "level code"]:
    """How often each code occurs in a split."""
    return np.stack([np.asarray(_counts(model, params, batch), np.int64) for batch, _ in batches(source)]).sum(0)


@compiled(static_argnums=(0,))
def _counts(model: Autoencoder, params: PyTree, batch: Batch) -> Int[Array, "level code"]:
    """Of a batch; rows of weight 0 have none."""
    codes = model.parts.posterior.book.codes
    q: Any = model.encode(params, batch.inputs, **batch.beside_inputs)
    there = q.exists & (batch.weights.reshape(-1, *[1] * (q.exists.ndim - 1)) > 0)
    own = jnp.where(there[..., None], q.indices, codes)  # what is not there is counted behind the last code
    return jax.vmap(lambda level: jnp.bincount(level.ravel(), length=codes + 1)[:-1], -1)(own)


def _score(name: str) -> Callable:
    """What computes a score by its name."""

    def compute(model: Autoencoder, params: PyTree, key, source: Source) -> float:
        return getattr(use_of(counts(model, params, source)), name)

    return compute


SCORES = (
    Score("perplexity", "codes", "higher", "exp(entropy of the codes' shares): how many codes are in use in effect",
          _score("perplexity"), over="source", label="code perplexity"),
    Score("usage", "share", "higher", "codes that occur, of those that could: no more than there are places",
          _score("usage"), over="source", label="code usage"),
    Score("dead_share", "share", "lower", "of the codes that occur less than a hundredth as often as the mean of them",
          _score("dead_share"), over="source", label="dead codes"),
)  # fmt: skip


def after_validation(seen: Validated) -> dict[str, float]:
    """The same numbers of the validation split, to be followed through training."""
    return use_of(counts(seen.model, seen.params, seen.source))._asdict()
