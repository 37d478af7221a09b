"""The importance-weighted bound, trained by gradients of less variance: STL and DReG.

Both have the value of `iwae`. They differ in how the bound moves q(z|inputs).
"""

import jax
from jax.lax import stop_gradient
from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.iwae import bound
from aelab.objectives.loss import Loss
from aelab.objectives.sides import moved_by, sides


def stl(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=(), samples: int
) -> Loss:
    """Negative L_k that moves q by the path of its draws alone ("sticking the landing"); nats per example.

        ∇φ L_k ≈ Σ_i w̃_i ∂ log w_i / ∂z_i · ∂z_i / ∂φ,  w̃_i = w_i / Σ_j w_j

    Left out is the score ∂ log q(z_i|inputs) / ∂φ, whose mean is 0 for one draw. So where q is the true posterior, no
    draw moves it. With more draws than one the gradient has a bias, which `dreg` has not. Roeder, Wu and Duvenaud 2017,
    arXiv:1703.09194, section 3; the bias: Tucker et al. 2019.
    """
    both = sides(model, params, key, batch, samples, score=False)
    value = moved_by(-bound(both.generative), -bound(both.inference))
    return Loss(value, {"distortion": both.distortion, "rate": value - both.distortion})


def dreg(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=(), samples: int
) -> Loss:
    """Negative L_k that moves q by doubly reparameterised gradients; nats per example.

        ∇φ L_k = E Σ_i w̃_i² ∂ log w_i / ∂z_i · ∂z_i / ∂φ,  w̃_i = w_i / Σ_j w_j

    It has the mean of the gradient of `iwae` and less variance, however many draws there are. The generative model has
    the gradient of `iwae`. Tucker et al. 2019, arXiv:1810.04152, section 3.
    """
    both = sides(model, params, key, batch, samples, score=False)
    share = stop_gradient(jax.nn.softmax(both.inference, axis=0))
    value = moved_by(-bound(both.generative), -(share**2 * both.inference).sum(0))
    return Loss(value, {"distortion": both.distortion, "rate": value - both.distortion})
