"""A codebook that follows its vectors: each entry is the running mean of those it stands for, and dead ones start anew.

    N_k ← γ N_k + (1 − γ) n_k,   m_k ← γ m_k + (1 − γ) Σ z,   e_k = m_k / N_k

n_k vectors of a batch are nearest to entry k, and the sum is over them (van den Oord et al. 2017, arXiv:1711.00937,
appendix A.1). So an entry needs no gradient and no learning rate. With γ = 0 a step is one of k-means.

An entry to which hardly any vector is nearest stays where it is, and is of no more use. It is put on a vector of the
batch (Dhariwal et al. 2020, Jukebox, arXiv:2005.00341, section 3.1).
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.distributions import draw
from aelab.distributions.quantised import Quantised
from aelab.distributions.sphere import unit
from aelab.objectives.objective import Objective
from aelab.objectives.quantised import quantised
from aelab.seeds import key_named

NOTHING = 1e-6  # vectors a step: with fewer, an entry has no mean


def moving_codebook(codes: int, rows: int, *, cosine: bool = False) -> Objective:
    """The loss of `quantised`, with all entries of `params["model"]["posterior"]["book"]` put on their running means.

    γ is `hyper.code_decay`, or t / (t + 9) in step t while that is less, so that entries forget the first steps, in
    which vectors move fast. An entry is dead where fewer than `hyper.restart_below` of its share of a batch, vectors /
    `codes`, have come to it of late. `rows` is how many a whole batch has: each of them offers one of its vectors, so
    no more entries than that start anew in a step. With `cosine`, means are scaled to length 1.
    """

    def init(params, spec, hyper) -> Any:
        entries = params["model"]["posterior"]["book"]["entries"]
        return {"entries": entries, "counts": jnp.zeros(entries.shape[:2]), "sums": jnp.zeros_like(entries)}

    def advance(extra, sums, step, hyper) -> Any:
        kept = jnp.minimum(hyper.code_decay, step / (step + 9.0))
        counts, totals = (kept * extra[name] + (1 - kept) * sums[name] for name in ("counts", "sums"))
        means = totals / jnp.maximum(counts, NOTHING)[..., None]
        entries = jnp.where((counts > NOTHING)[..., None], unit(means) if cosine else means, extra["entries"])
        share = sums["counts"].sum(-1, keepdims=True) / codes
        order = jnp.argsort(sums["offered"] < 1)  # rows that offer nothing come last
        anew = jax.vmap(partial(restarted, sums["offered"].sum()))
        moved = anew(counts < hyper.restart_below * share, entries, counts, totals, share, sums["vectors"][:, order])
        return dict(zip(("entries", "counts", "sums"), moved, strict=True))

    def project(params, extra) -> Any:
        own = params["model"]
        head = {**own["posterior"], "book": {"entries": extra["entries"]}}
        return {**params, "model": {**own, "posterior": head}}

    def updates(q, key, batch) -> dict[str, Array]:
        return vector_sums(q, batch, codes) | offers(q, key_named(key, "restart"), batch, rows)

    return Objective(partial(quantised, updates=updates), init, advance, project)


def vector_sums(q: Quantised, batch: Batch, codes: int) -> dict[str, Array]:
    """Of each level, how many vectors were nearest to each entry, and their sum; rows of weight 0 have none."""
    there = q.exists & (batch.weights.reshape(-1, *[1] * (q.exists.ndim - 1)) > 0)
    index = jnp.where(there[..., None], q.indices, codes)  # what is not there goes beyond the book, and is dropped
    index, before = jnp.moveaxis(index, -1, 0), jnp.moveaxis(q.before, -2, 0)

    def of_level(index, before) -> dict[str, Array]:
        counts, sums = jnp.zeros(codes), jnp.zeros((codes, before.shape[-1]))
        return {"counts": counts.at[index].add(1, mode="drop"), "sums": sums.at[index].add(before, mode="drop")}

    return jax.vmap(of_level)(index, before)


def offers(q: Quantised, key: Key[Array, ""], batch: Batch, rows: int) -> dict[str, Array]:
    """One vector of each row, at a place drawn by (key, index): `offered` is 1 for a row that has any.

    A row stands at its number in the whole batch, and all other rows add 0 there. So sums over parts and devices are
    the vectors themselves, whatever the number of devices.
    """
    index = jnp.arange(len(batch.inputs)) if batch.index is None else batch.index
    exists = q.exists.reshape(len(index), -1)
    chance = jnp.where(exists, draw(jax.random.uniform, key, exists.shape, index), -1)
    vectors = q.before.reshape(*exists.shape, *q.before.shape[-2:])
    chosen = jnp.take_along_axis(vectors, chance.argmax(1)[:, None, None, None], 1)[:, 0]
    own = jax.nn.one_hot(index, rows) * (exists.any(1) & (batch.weights > 0))[:, None]
    return {"offered": own.sum(0), "vectors": jnp.einsum("br,blc->lrc", own, chosen, precision="highest")}


def restarted(offers, dead, entries, counts, totals, share, vectors: Float[Array, "row code"]):
    """Of one level, what entries, counts and sums are when the dead ones have taken the first `vectors`, one each.

    They are counted as if as many vectors had come to them as to the mean entry, so that they have time to find some.
    """
    number = jnp.cumsum(dead) - 1
    taken = dead & (number < offers)
    vector = vectors[jnp.minimum(number, len(vectors) - 1)]
    entries = jnp.where(taken[:, None], vector, entries)
    return entries, jnp.where(taken, share, counts), jnp.where(taken[:, None], share * vector, totals)
