"""Dictionaries inside each other, of which the small ones have to do alone (Bussmann et al. 2025, arXiv:2503.17547).

In one wide dictionary, a general feature may be left to many special ones. A small one that rebuilds events by itself
keeps it.
"""

from collections.abc import Callable, Sequence

import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.dictionaries.batch_top_k import chosen, loss_of
from aelab.objectives.dictionaries.placing import Rebuilt, decoded
from aelab.objectives.loss import Loss


def matryoshka(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    gather: Callable,
    extra,
    k: int,
    revived: int,
    levels: Sequence[int],
) -> Loss:
    """The loss of `batch_top_k`, and the distortion from the first numbers of the code alone; nats per example.

        Σ_m -log p(targets | z_1 … z_m) + α revival   (section 3)

    m goes through the `levels` and the whole code. The answers are chosen once, for all of them.
    """
    found = chosen(model, params, batch, gather, k)
    whole = loss_of(model, found, batch, extra, hyper, revived)
    inner = of_the_first(model, found.made, batch, levels)
    return whole._replace(value=whole.value + inner, terms={**whole.terms, "inner_distortion": inner})


def of_the_first(model: Autoencoder, made: Rebuilt, batch: Batch, levels: Sequence[int]) -> Float[Array, "batch"]:
    """The sum over the levels of the distortion that the first so many numbers of the code leave."""
    total = jnp.zeros_like(made.distortion)
    for level in levels:
        z = jnp.where(jnp.arange(made.z.shape[1]) < level, made.z, 0)
        total += decoded(model, made.params, made.q, z, batch).distortion
    return total
