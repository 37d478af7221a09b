"""Planar flows: a normal code, bent along planes (Rezende and Mohamed 2015, arXiv:1505.05770).

    f(z) = z + û tanh(wᵀz + b),    log |det ∂f/∂z| = log |1 + ûᵀw (1 − tanh²(wᵀz + b))|    (eq. 10 to 12)

û = u + (log(1 + exp(wᵀu)) − 1 − wᵀu) w / |w|² has wᵀû > −1, so that f is invertible (appendix A.1). All of u, w and b
of each step come from the features, as those of the normal do (section 4.1).
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.distributions import Flow, network
from aelab.latents.gaussian import Gaussian
from aelab.latents.vectors import require_vector

HALVINGS = 40  # of the interval in which the inverse looks for wᵀz: down to the last bit of float32


class Steps(nn.Module):
    """Planar steps whose numbers come with each example: û, w and b of step after step."""

    @nn.compact
    def __call__(self, z: Float[Array, "batch code"], context: Float[Array, "batch number"]):
        """Where the steps take z, and the log of the volume's change."""
        log_volume = jnp.zeros(z.shape[0], z.dtype)
        for u, w, b in _steps(context, z.shape[-1]):
            bend = jnp.tanh((w * z).sum(-1) + b)
            log_volume = log_volume + jnp.log1p((u * w).sum(-1) * (1 - jnp.square(bend)))
            z = z + u * bend[:, None]
        return z, log_volume

    def inverse(self, z: Float[Array, "batch code"], context: Float[Array, "batch number"]):
        """Where z came from, and the same log.

        The way along w is found by halving: a + wᵀû tanh(a + b) = wᵀz rises with a. The rest of z then follows.
        """
        for u, w, b in reversed(_steps(context, z.shape[-1])):
            along, reach = (w * z).sum(-1), (u * w).sum(-1)

            def halved(_, ends, along=along, reach=reach, b=b):
                low, high = ends
                middle = 0.5 * (low + high)
                above = middle + reach * jnp.tanh(middle + b) > along
                return jnp.where(above, low, middle), jnp.where(above, middle, high)

            ends = (along - jnp.abs(reach), along + jnp.abs(reach))
            low, high = jax.lax.fori_loop(0, HALVINGS, halved, ends)
            z = z - u * jnp.tanh(0.5 * (low + high) + b)[:, None]
        return z, self(z, context)[1]


def _steps(context: Float[Array, "batch number"], dims: int) -> list:
    """û, w and b of each step."""
    found = []
    for own in jnp.split(context, context.shape[-1] // (2 * dims + 1), axis=-1):
        u, w, b = own[:, :dims], own[:, dims : 2 * dims], own[:, -1]
        along = (w * u).sum(-1, keepdims=True)
        least = jnp.maximum(jnp.square(w).sum(-1, keepdims=True), 1e-6)
        found.append((u + (nn.softplus(along) - 1 - along) * w / least, w, b))
    return found


class Planar(nn.Module):
    """A normal code and `steps` planar steps behind it."""

    latent_dim: int
    steps: int = 4

    @nn.compact
    def __call__(self, features: Float[Array, "batch channel"]) -> Flow:
        require_vector(features, "planar")
        base = Gaussian(self.latent_dim, name="base")(features)
        context = nn.Dense(self.steps * (2 * self.latent_dim + 1), name="steps")(features)
        return Flow(base, network(Steps(name="flow"), base.mean, context), (context,))
