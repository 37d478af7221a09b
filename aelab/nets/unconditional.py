"""A net under the name `net` in the parameters: so those of earlier conditional runs stay where they are."""

import flax.linen as nn


class Unconditional(nn.Module):
    """`net` as it is: it is not shown the condition that other parts of its model take."""

    net: nn.Module

    takes = ("mask",)

    def __call__(self, x, mask=None):
        return self.net(x) if mask is None else self.net(x, mask)
