"""A code of several layers, drawn from the layer next to the event up, each layer given the one below.

    q(z|x) = q(z1|x) Π q(zl+1 | zl)

The recognition model of Burda, Grosse and Salakhutdinov 2016, arXiv:1509.00519, eq. 4. The prior goes the other way:
`TopDown`.
"""

from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.given import Given
from aelab.distributions.kl import has_closed_form, kl
from aelab.distributions.protocol import Distribution
from aelab.distributions.top_down import Layers, TopDown


class BottomUp(NamedTuple):
    """One distribution over a tuple (z1, …, zL): `first` gives z1, and `above[l]` the layer above layer l.

    Its mean has no closed form, so it has none.
    """

    first: Distribution
    above: tuple[Given, ...]

    @property
    def mode(self) -> Layers:
        """The mode of each layer, given the mode of the layer below."""
        z = [self.first.mode]
        for given in self.above:
            z.append(given(z[-1]).mode)
        return tuple(z)

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Layers:
        """A draw, by a key for each layer. A row draws by its number in `index`."""
        return self.sample_and_log_prob(key, index)[0]

    def sample_and_log_prob(
        self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None
    ) -> tuple[Layers, Float[Array, "batch"]]:
        """The same draw and its log density, in nats; each network is called once."""
        keys = jax.random.split(key, len(self.above) + 1)
        z = [self.first.sample(keys[0], index)]
        log_q = self.first.log_prob(z[0])
        for own, given in zip(keys[1:], self.above, strict=True):
            layer = given(z[-1])
            z.append(layer.sample(own, index))
            log_q = log_q + layer.log_prob(z[-1])
        return tuple(z), log_q

    def log_prob(self, z: Layers) -> Float[Array, "batch"]:
        """log q(z1|x) + Σ log q(zl+1|zl) of each example, in nats."""
        log_q = self.first.log_prob(z[0])
        for given, below, own in zip(self.above, z[:-1], z[1:], strict=True):
            log_q = log_q + given(below).log_prob(own)
        return log_q

    def divergence(self, p: Any, z: Layers) -> Float[Array, "batch"]:
        """An estimate of KL(q‖p) from one draw z of q, in nats; its mean over draws is the divergence.

        The top layer of both depends on nothing above, so its part, KL(q(zL|zL−1)‖p(zL)), is in closed form where one
        is known. The others are log q − log p at z, because p(zl|zl+1) depends on a layer that q draws later.
        """
        estimate = self.log_prob(z) - p.log_prob(z)
        if not isinstance(p, TopDown) or not self.above:
            return estimate
        top = self.above[-1](z[-2])
        if not has_closed_form(top, p.top):
            return estimate
        return estimate - top.log_prob(z[-1]) + p.top.log_prob(z[-1]) + kl(top, p.top)
