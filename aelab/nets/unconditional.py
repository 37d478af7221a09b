"""A net that is not shown the condition, in a model other parts of which are."""

import flax.linen as nn


class Unconditional(nn.Module):
    """`net` as it is."""

    net: nn.Module

    def __call__(self, x, mask=None, condition=None):
        return self.net(x) if mask is None else self.net(x, mask)
