"""The contractive autoencoder: codes that change little where the input does (Rifai et al. 2011, ICML)."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.distributions import sum_event
from aelab.latents import flat
from aelab.model import Autoencoder, PyTree
from aelab.objectives.loss import Loss
from aelab.objectives.reconstruction import reconstruction


def contractive(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=()
) -> Loss:
    """Distortion and the squared slope of the code; nats per example.

        distortion + λ ‖∂z/∂inputs‖²,  ‖J‖² = Σ_ij (∂z_j / ∂x_i)²   (section 2)

    z is the mode of q(z|inputs), and λ is `hyper.contraction`. The Jacobian is exact: one backward pass through the
    encoder for each number of the code.
    """
    terms = reconstruction(model, params, key, batch, step=step, hyper=hyper).terms
    slope = squared_slope(model, params, batch)
    return Loss(terms["distortion"] + hyper.contraction * slope, {**terms, "squared_slope": slope})


def squared_slope(model: Autoencoder, params: PyTree, batch: Batch) -> Float[Array, "batch"]:
    """‖∂z/∂inputs‖² of each example: the squared Frobenius norm of the encoder's Jacobian."""

    def code(inputs):
        return flat(model.encode(params, inputs, **batch.beside_inputs).mode)

    codes, pull = jax.vjp(code, batch.inputs)
    # Rows do not see each other, so one direction for all rows gives a row of the Jacobian of each.
    rows = jax.vmap(lambda number: pull(jnp.broadcast_to(number, codes.shape))[0])(jnp.eye(codes.shape[1]))
    return sum_event(jnp.square(rows).sum(0))
