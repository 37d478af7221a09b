"""A prior for each condition."""

import flax.linen as nn

from aelab.distributions import Distribution


class Conditional(nn.Module):
    """p(z|condition): an encoder and a head of its own (Sohn et al. 2015, NIPS, section 4)."""

    encoder: nn.Module
    head: nn.Module

    takes = ("condition",)

    def __call__(self, condition) -> Distribution:
        return self.head(self.encoder(condition))
