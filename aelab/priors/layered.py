"""The prior of a code of several layers: p(zL) Π p(zl|zl+1), with N(0, I) at the top and the others learned.

Burda et al. 2016, arXiv:1509.00519, eq. 3; Sønderby et al. 2016, arXiv:1602.02282, eq. 1.
"""

import flax.linen as nn

from aelab.distributions import TopDown, given
from aelab.latents.layered import Between
from aelab.priors.standard_normal import standard_normal


class Layered(nn.Module):
    """`dims` are the numbers of z1, …, zL, and `width` the units of the nets between them, 0 for affine means."""

    dims: tuple[int, ...]
    width: int

    def setup(self):
        self.lower = [Between(dims, self.width) for dims in self.dims[:-1]]

    def __call__(self) -> TopDown:
        top = standard_normal(self.dims[-1])
        above, below = top.mode[None], []
        for layer in reversed(self.lower):
            below.insert(0, given(layer, above))
            above = below[0](above).mode
        return TopDown(tuple(below), top)
