"""VampPrior, the variational mixture of posteriors (Tomczak and Welling 2018, arXiv:1705.07120, eq. 9).

    p(z) = (1/K) Σ_k q(z|u_k)

The best prior for the ELBO is the mean of q(z|x) over all training events (eq. 7), which costs too much and overfits.
Here are K pseudo-inputs u_k in their place, events that nobody has seen, which are learned with everything else.
"""

from collections.abc import Sequence
from typing import Literal

import flax.linen as nn
import jax.numpy as jnp

from aelab.distributions import Mixture


class Vamp(nn.Module):
    """The mixture of the codes of K pseudo-inputs, which the model's own encoder makes.

    Where events lie in [0, 1] ("unit"), so do pseudo-inputs, as sigmoids of their parameters.
    """

    components: int
    event: Sequence[int]
    values: Literal["unit", "real"] = "unit"

    takes = ("view",)

    @nn.compact
    def __call__(self, view) -> Mixture:
        pseudo = self.param("pseudo", nn.initializers.normal(1.0), (self.components, *self.event))
        inputs = nn.sigmoid(pseudo) if self.values == "unit" else pseudo
        return Mixture(jnp.zeros(self.components), view.encode(inputs))
