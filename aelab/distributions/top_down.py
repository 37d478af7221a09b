"""A code of several layers, z = (z1, …, zL), drawn from the top layer down, each layer given the one above.

    q(z) = q(zL) Π q(zl | zl+1)

It is a posterior q(z2|x) q(z1|z2, x), where each factor also depends on an event, or a prior p(z2) p(z1|z2): the ladder
of Sønderby et al. 2016 (arXiv:1602.02282, section 2). z1 is nearest to the event.
"""

from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.given import Given
from aelab.distributions.kl import has_closed_form, kl
from aelab.distributions.protocol import Distribution

Layers = tuple[Float[Array, "batch *code"], ...]


class TopDown(NamedTuple):
    """One distribution over a tuple: `below[l]` gives layer l, `top` is the last one. The tuple starts with z1.

    Its mean has no closed form, so it has none.
    """

    below: tuple[Given, ...]
    top: Distribution

    def at(self, z: Layers) -> tuple[Distribution, ...]:
        """The distribution of each layer, where the layers above are those of `z`."""
        return (*(given(above) for given, above in zip(self.below, z[1:], strict=True)), self.top)

    @property
    def mode(self) -> Layers:
        """The mode of each layer, given the mode of the layer above."""
        z = [self.top.mode]
        for given in reversed(self.below):
            z.insert(0, given(z[0]).mode)
        return tuple(z)

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Layers:
        """A draw, by a key for each layer. A row draws by its number in `index`."""
        return self._drawn(key, index)[0]

    def sample_and_log_prob(
        self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None
    ) -> tuple[Layers, Float[Array, "batch"]]:
        """The same draw and its log density, in nats; each network is called once."""
        z, layers = self._drawn(key, index)
        return z, _total([layer.log_prob(own) for layer, own in zip(layers, z, strict=True)])

    def log_prob(self, z: Layers) -> Float[Array, "batch"]:
        """log q(zL) + Σ log q(zl | zl+1) of each example, in nats."""
        return _total([layer.log_prob(own) for layer, own in zip(self.at(z), z, strict=True)])

    def divergence(self, p: Any, z: Layers) -> Float[Array, "batch"]:
        """An estimate of KL(q‖p) from one draw z of q, in nats; its mean over draws is the divergence.

            KL(q(zL)‖p(zL)) + Σ KL(q(zl|zl+1)‖p(zl|zl+1))

        A layer without a closed form has log q − log p at z in its place, and so has the whole where p has no layers.
        """
        if not isinstance(p, TopDown):
            return self.log_prob(z) - p.log_prob(z)
        pairs = zip(self.at(z), p.at(z), z, strict=True)
        return _total([kl(q, p) if has_closed_form(q, p) else q.log_prob(x) - p.log_prob(x) for q, p, x in pairs])

    def _drawn(self, key: Key[Array, ""], index: Int[Array, "batch"] | None) -> tuple[Layers, list[Distribution]]:
        """A draw, and the distributions from which its layers came."""
        keys = jax.random.split(key, len(self.below) + 1)
        layers, z = [self.top], [self.top.sample(keys[-1], index)]
        for number in reversed(range(len(self.below))):
            layers.insert(0, self.below[number](z[0]))
            z.insert(0, layers[0].sample(keys[number], index))
        return tuple(z), layers


def _total(terms: list[Float[Array, "batch"]]) -> Float[Array, "batch"]:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


def layers_at(q: Any, z: Any) -> tuple[Any, ...]:
    """The distributions of the layers of a code, where the layers above are those of `z`; of one layer, that alone."""
    return q.at(z) if isinstance(q, TopDown) else (q,)
