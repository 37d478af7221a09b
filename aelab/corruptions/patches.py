"""An exact number of patches taken away, as masked autoencoders want it."""

import math
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from aelab.batch import Batch
from aelab.corruptions.hiding import hide
from aelab.distributions import draw


def visible(share: float, patches: int) -> int:
    """How many of so many patches stay where a share of them is hidden: the same in every event, and at least one."""
    return max(min(patches, 1), int(patches * (1 - share) + 1e-9))


def patches(key: Key[Array, ""], batch: Batch, share: float, cut: Any) -> Batch:
    """An exact number of the patches of every event becomes 0, all but `visible` of those that exist.

    `cut` is an `aelab.nets.patches.Patches`. He et al. 2021, arXiv:2111.06377, section 3.
    """
    exist, tokens = cut.exist(None if batch.mask is None else cut.fill(batch.mask)), math.prod(cut.grid)
    order = draw(jax.random.uniform, key, (len(batch.inputs), tokens), batch.index)
    exist = jnp.ones(order.shape, bool) if exist is None else exist
    stay = jnp.array([visible(share, count) for count in range(tokens + 1)])[exist.sum(1)]
    taken = exist & (jnp.where(exist, order, 2.0).argsort(1).argsort(1) >= stay[:, None])
    entries = math.prod(cut.patch) * batch.inputs.shape[-1]
    taken = jnp.broadcast_to(taken[..., None], (*taken.shape, entries))
    return hide(batch, cut.join(taken, batch.inputs.shape[1]), 0)
