"""Priors p(z): a distribution over one code, or a Linen module whose parameters are learned and that returns one."""

from collections.abc import Sequence

import flax.linen as nn
import jax.numpy as jnp

from aelab.distributions import Distribution, Normal


def standard_normal(shape: int | Sequence[int]) -> Normal:
    """N(0, I) over a code of this shape: a width, or the axes of a grid with its channels last."""
    zeros = jnp.zeros(shape)
    return Normal(zeros, zeros)


class Conditional(nn.Module):
    """p(z|condition): an encoder and a head of its own (Sohn et al. 2015, NIPS, section 4)."""

    encoder: nn.Module
    head: nn.Module

    takes = ("condition",)

    def __call__(self, condition) -> Distribution:
        return self.head(self.encoder(condition))
