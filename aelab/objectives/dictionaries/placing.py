"""What all losses of dictionaries begin with: parameters where they belong, the code of an event, its distortion."""

from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.batch import Batch, Hyper
from aelab.distributions import Normal, Sparse
from aelab.model import Autoencoder, PyTree
from aelab.nets import dictionary

Code = Float[Array, "batch unit"]


class Rebuilt(NamedTuple):
    """What a dictionary makes of each event."""

    params: PyTree  # those that were used
    q: Sparse
    z: Code  # that was decoded
    x: Normal  # p(x|z)
    distortion: Float[Array, "batch"]  # -log p(targets|z) over what was observed, nats per example


def with_placed_dictionary(params: PyTree, extra: PyTree = ()) -> PyTree:
    """The parameters with directions of length 1 and one bias: `Objective.project`."""
    return {**params, "model": dictionary.placed(params["model"])}


def coded(model: Autoencoder, params: PyTree, batch: Batch) -> tuple[PyTree, Sparse]:
    """The parameters as they are used, and the code of each event.

    The parameters are read where `project` puts them, so no gradient makes a direction longer or shorter (Bricken et
    al. 2023 take that part out of it by hand), and that of the bias is the one of both its places.
    """
    params = with_placed_dictionary(params)
    q: Any = model.encode(params, batch.inputs, **batch.beside_inputs)
    return params, q


def decoded(model: Autoencoder, params: PyTree, q: Sparse, z: Code, batch: Batch) -> Rebuilt:
    """Each event from this code."""
    x: Any = model.decode(params, z, **batch.beside_code)
    return Rebuilt(params, q, z, x, -x.log_prob(batch.targets, mask=batch.entries))


def rebuilt(model: Autoencoder, params: PyTree, batch: Batch) -> Rebuilt:
    """Each event from its own code."""
    params, q = coded(model, params, batch)
    return decoded(model, params, q, q.mode, batch)


def sparsity_weight(hyper: Hyper, step) -> Float[Array, ""]:
    """λ at `step`: a linear rise over `hyper.sparsity_warmup` steps, then `hyper.sparsity_weight`."""
    return hyper.sparsity_weight * jnp.clip((step + 1) / jnp.maximum(hyper.sparsity_warmup, 1.0), 0.0, 1.0)
