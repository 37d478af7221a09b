"""Units that are on above a threshold of their own (Rajamanoharan et al. 2024, arXiv:2407.14435).

    z = a H(a − θ),  a = max(W f + c, 0)

H is the step. No gradient leads to θ, so it gets that of the expected loss, which is estimated from the answers that
are within half a bandwidth ε of θ (section 4), with K(u) = 1 for |u| < ½ and else 0:

    ∂z/∂θ := −(θ / ε) K((a − θ) / ε),    ∂H(a − θ)/∂θ := −(1 / ε) K((a − θ) / ε)
"""

import math
from functools import partial

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.distributions import Sparse

Answers = Float[Array, "batch unit"]


class JumpReLU(nn.Module):
    """`on` is H(a − θ), whose sum is the L0 of a code. All thresholds are `first` at first; what is learnt is log θ."""

    latent_dim: int
    bandwidth: float = 0.1
    first: float = 0.1

    @nn.compact
    def __call__(self, features: Float[Array, "batch feature"]) -> Sparse:
        before = nn.relu(nn.Dense(self.latent_dim, name="answers")(features))
        logarithm = self.param("log_threshold", nn.initializers.constant(math.log(self.first)), (self.latent_dim,))
        threshold = jnp.exp(logarithm)
        return Sparse(jump(before, threshold, self.bandwidth), before, step(before, threshold, self.bandwidth))


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def jump(before: Answers, threshold: Float[Array, "unit"], bandwidth: float) -> Answers:
    """a H(a − θ)."""
    return jnp.where(before > threshold, before, 0)


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def step(before: Answers, threshold: Float[Array, "unit"], bandwidth: float) -> Answers:
    """H(a − θ), with no gradient in a."""
    return (before > threshold).astype(before.dtype)


def near(before: Answers, threshold: Float[Array, "unit"], bandwidth: float) -> Answers:
    """K((a − θ) / ε) / ε."""
    return (jnp.abs(before - threshold) < bandwidth / 2).astype(before.dtype) / bandwidth


def _jump_back(bandwidth: float, seen, slope: Answers):
    before, threshold = seen
    to_threshold = -(threshold * near(before, threshold, bandwidth) * slope).sum(0)
    return jnp.where(before > threshold, slope, 0), to_threshold


def _step_back(bandwidth: float, seen, slope: Answers):
    before, threshold = seen
    return jnp.zeros_like(before), -(near(before, threshold, bandwidth) * slope).sum(0)


jump.defvjp(lambda before, threshold, bandwidth: (jump(before, threshold, bandwidth), (before, threshold)), _jump_back)
step.defvjp(lambda before, threshold, bandwidth: (step(before, threshold, bandwidth), (before, threshold)), _step_back)
