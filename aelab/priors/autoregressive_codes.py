"""A learned prior over the indices of a quantised code (van den Oord et al. 2017, arXiv:1711.00937, section 3.3)."""

import math
from collections.abc import Sequence

import flax.linen as nn
import jax.numpy as jnp

from aelab import distributions
from aelab.distributions import network
from aelab.priors.uniform_codes import entries_of


class AutoregressiveCodes(nn.Module):
    """p(indices), each given those before it, by a causal `net`; with `conditional`, p(indices|condition).

    `shape` is that of the indices of one event. The entries are those of the model's own posterior.
    """

    shape: Sequence[int]
    net: nn.Module
    conditional: bool = False

    @property
    def takes(self) -> tuple[str, ...]:
        """The model, for its book, and the condition."""
        return ("view", "condition") if self.conditional else ("view",)

    @nn.compact
    def __call__(self, view, condition=None) -> distributions.Autoregressive:
        told = () if condition is None else (condition.reshape(condition.shape[0], -1),)
        tokens = jnp.zeros((1, math.prod(self.shape)), jnp.int32)
        net = network(self.net, tokens, *(beside[:1] for beside in told))
        rows = () if condition is None else (condition.shape[0],)
        choices = jnp.full((*rows, *self.shape), view.model.parts.posterior.book.codes, jnp.int32)
        return distributions.Autoregressive(choices, net, entries_of(view), *told)
