"""Spectral normalisation: a net whose matrices stretch nothing (Miyato et al. 2018, arXiv:1802.05957).

    W / σ(W),  σ(W) = v' W u ,  v = W u / ‖W u‖     (eq. 7 to 9)

σ(W) is the largest singular value, and u the direction that belongs to it. A power iteration finds u: `turned` takes
one step of it. Matrices change little from step to step of training, so one step of the iteration for each is enough.
"""

from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from flax.traverse_util import flatten_dict, unflatten_dict
from jaxtyping import Array, Float, Key

from aelab.takes import Around

SMALLEST = 1e-12  # of a length that something is divided by


class Spectral(Around, nn.Module):
    """`net` with every matrix W / σ(W). It learns W; the directions u stand beside it and have no gradient.

    A kernel of a convolution is the matrix of all that a channel of its output reads. Tables of places are no matrices.
    """

    net: nn.Module

    @nn.compact
    def __call__(self, z: Float[Array, "batch *grid channel"], **context: Any):
        net = self.net.clone(parent=None)  # its parameters are handed to it
        weights = self.param("weights", lambda key: net.init(key, z, **context)["params"])
        directions = self.param("directions", partial(drawn_directions, weights=weights))
        return net.apply({"params": normalised(weights, directions)}, z, **context)


def matrices(weights: Any) -> dict[tuple[str, ...], Float[Array, "channel feature"]]:
    """The matrices among the parameters of a net, by their paths."""
    leaves = flatten_dict(weights)
    return {p: leaf.reshape(-1, leaf.shape[-1]) for p, leaf in leaves.items() if leaf.ndim > 1 and p[-1] != "table"}


def drawn_directions(key: Key[Array, ""], weights: Any) -> Any:
    """A direction for each matrix, where power iterations start; named as the matrices are."""
    found = matrices(weights)
    keys = jax.random.split(key, len(found))
    drawn = (unit(jax.random.normal(own, matrix.shape[1:])) for own, matrix in zip(keys, found.values(), strict=True))
    return unflatten_dict(dict(zip(found, drawn, strict=True)))


def unit(vector: Float[Array, "number"]) -> Float[Array, "number"]:
    """The vector at a length of 1."""
    return vector / jnp.maximum(jnp.linalg.norm(vector), SMALLEST)


def largest(matrix: Float[Array, "channel feature"], u: Float[Array, "feature"]) -> Float[Array, ""]:
    """v' W u: the largest singular value where u is its direction. Its gradient is that of the exact value there."""
    u = jax.lax.stop_gradient(u)
    v = jax.lax.stop_gradient(unit(matrix @ u))
    return v @ matrix @ u


def normalised(weights: Any, directions: Any) -> Any:
    """The parameters of a net with each matrix divided by its largest singular value."""
    leaves, known = flatten_dict(weights), flatten_dict(directions)
    for path, matrix in matrices(weights).items():
        leaves[path] = leaves[path] / jnp.maximum(largest(matrix, known[path]), SMALLEST)
    return unflatten_dict(leaves)


def turned(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a `Spectral` with each direction one step of the power iteration further: u becomes W'v."""
    found, known = matrices(params["weights"]), flatten_dict(params["directions"])
    after = {path: unit(matrix.T @ unit(matrix @ known[path])) for path, matrix in found.items()}
    return {**params, "directions": unflatten_dict(after)}
