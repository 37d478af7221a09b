"""Inverse autoregressive flow: each number of a code moved by those before it (Kingma et al. 2016, arXiv:1606.04934).

    z ← σ ⊙ z + (1 − σ) ⊙ m,  (m, s) = net(z, features),  σ = sigmoid(s),    log |det| = Σ log σ    (eq. 10 and 14)

The net is autoregressive: m and s of number i depend on the numbers before i alone (MADE: Germain et al. 2015,
arXiv:1502.03509). So the Jacobian is triangular, a draw takes one pass, and the order is turned round between steps.
"""

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from aelab.distributions import Flow, network
from aelab.latents.gaussian import Gaussian
from aelab.latents.vectors import require_vector

OPEN = 1.5  # added to s: at first a step keeps 0.82 of z (Kingma et al. recommend +1 to +2)


class MaskedDense(nn.Module):
    """A dense layer without the weights where `mask` [input, output] is 0."""

    mask: tuple[tuple[bool, ...], ...]

    @nn.compact
    def __call__(self, x: Float[Array, "batch input"]) -> Float[Array, "batch output"]:
        mask = np.array(self.mask, np.float32)
        kernel = self.param("kernel", nn.initializers.lecun_normal(), mask.shape)
        return x @ (kernel * mask) + self.param("bias", nn.initializers.zeros, mask.shape[1:])


class Made(nn.Module):
    """m and s of each number from those before it and from the features."""

    hidden: int

    @nn.compact
    def __call__(self, z: Float[Array, "batch code"], features: Float[Array, "batch channel"]):
        dims = z.shape[-1]
        place, unit = np.arange(dims), np.arange(self.hidden) % max(dims - 1, 1)  # a unit sees places up to its own
        h = MaskedDense(_tuples(place[:, None] <= unit), name="masked")(z)
        h = nn.gelu(h + nn.Dense(self.hidden, use_bias=False, name="features")(features))
        seen = np.tile(unit[:, None] < place, (1, 2))
        heads = MaskedDense(_tuples(seen), name="heads")(h)
        return jnp.split(heads + nn.Dense(2 * dims, use_bias=False, name="direct")(features), 2, axis=-1)


def _tuples(mask: np.ndarray) -> tuple[tuple[bool, ...], ...]:
    return tuple(map(tuple, mask.tolist()))


class Steps(nn.Module):
    """Steps of the flow, each with a net of its own."""

    steps: int
    hidden: int

    def setup(self):
        self.nets = [Made(self.hidden) for _ in range(self.steps)]

    def __call__(self, z: Float[Array, "batch code"], features: Float[Array, "batch channel"]):
        """Where the steps take z, and the log of the volume's change."""
        log_volume = jnp.zeros(z.shape[0], z.dtype)
        for net in self.nets:
            m, s = net(z, features)
            share = nn.sigmoid(s + OPEN)
            z = (share * z + (1 - share) * m)[:, ::-1]
            log_volume = log_volume + nn.log_sigmoid(s + OPEN).sum(-1)
        return z, log_volume

    def inverse(self, z: Float[Array, "batch code"], features: Float[Array, "batch channel"]):
        """Where z came from, and the same log; as many passes of each net as a code has numbers.

        Each pass makes one more number right, because a number depends on those before it alone.
        """
        for net in reversed(self.nets):
            z, right = z[:, ::-1], jnp.zeros_like(z)
            for _ in range(z.shape[-1]):
                m, s = net(right, features)
                right = (z - (1 - nn.sigmoid(s + OPEN)) * m) / nn.sigmoid(s + OPEN)
            z = right
        return z, self(z, features)[1]


class InverseAutoregressive(nn.Module):
    """A normal code and `steps` of the flow behind it."""

    latent_dim: int
    steps: int = 2
    hidden: int = 64

    @nn.compact
    def __call__(self, features: Float[Array, "batch channel"]) -> Flow:
        require_vector(features, "iaf")
        base = Gaussian(self.latent_dim, name="base")(features)
        flow = Steps(self.steps, self.hidden, name="flow")
        return Flow(base, network(flow, base.mean, features), (features,))
