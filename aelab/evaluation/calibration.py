"""Whether the variances that a likelihood has learnt are right: how many entries lie where it says they should.

Under p(x|z) = N(μ, σ²) the interval μ ± σ Φ⁻¹((1 + level) / 2) holds an entry with a chance of `level`. Too many inside
mean that σ is too large, too few that it is too small (as for regression: Kuleshov et al. 2018, arXiv:1807.00263).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from aelab import likelihoods
from aelab.batch import Batch
from aelab.data.source import Source
from aelab.distributions import sum_event
from aelab.evaluation.batches import per_example
from aelab.evaluation.estimate import Estimate, Undefined, jackknife
from aelab.model import Autoencoder, PyTree

LEVELS = (0.5, 0.8, 0.9, 0.95)
NO_VARIANCES = Undefined("the likelihood is not normal, so it gives no variances")


def shares_inside(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    source: Source,
    shown: Callable[[Batch], Batch] = lambda batch: batch,
) -> Float[np.ndarray, "example level"] | Undefined:
    """The share of the entries of each event that lie inside the interval of each of `LEVELS`.

    z is one draw from q(z|x), as in training: at its mode residuals are smaller than those σ was fitted to.
    """
    if not isinstance(model.parts.likelihood, likelihoods.Normal | likelihoods.BoundedNormal):
        return NO_VARIANCES
    return per_example(lambda batch: _inside(model, params, key, shown(batch)), source)


@partial(jax.jit, static_argnums=0)
def _inside(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch) -> Float[Array, "batch level"]:
    z = model.encode(params, batch.inputs, **batch.beside_inputs).sample(key, batch.index)
    p: Any = model.decode(params, z, **batch.beside_code)
    residual = jnp.abs(batch.targets - p.mean) / p.stddev
    entries = jnp.maximum(sum_event(jnp.ones_like(residual), batch.entries), 1)
    limits = jax.scipy.special.ndtri((1 + jnp.array(LEVELS)) / 2)
    counts = [sum_event((residual <= limit).astype(jnp.float32), batch.entries) for limit in limits]
    return jnp.stack([count / entries for count in counts], 1)


def calibration_error(shares: Float[np.ndarray, "example level"], *, seed: int = 0) -> Estimate:
    """The mean over the levels of |share inside − level|, with its standard error by the jackknife; 0 is best."""
    return jackknife(lambda own: {"error": _away(own)}, [shares], least=2, seed=seed)["error"]


def _away(shares: np.ndarray) -> float:
    return float(np.abs(shares.mean(0, dtype=np.float64) - np.array(LEVELS)).mean())
