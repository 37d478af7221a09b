"""A normalising flow: draws of a normal distribution, moved by an invertible network.

    z = f(u), u ~ N(μ, σ²),    log q(z) = log N(u; μ, σ²) − log |det ∂f/∂u|

Rezende and Mohamed 2015, arXiv:1505.05770, eq. 5 and 13. The parameters of f travel inside the record.
"""

from typing import NamedTuple

from jax.tree_util import Partial
from jaxtyping import Array, Float, Int, Key

from aelab.distributions.normal import Normal


class Flow(NamedTuple):
    """What `network` makes of `base`; it has no mean in closed form.

    `network(u, *context)` gives z and log |det ∂f/∂u|, and `network(z, *context, method="inverse")` gives u and the
    same number. `context` are arrays with a row for each example.
    """

    base: Normal
    network: Partial
    context: tuple[Array, ...] = ()

    @property
    def mode(self) -> Float[Array, "*batch event"]:
        """Where the network takes the mode of the base; the mode itself is not known."""
        return self.network(self.base.mode, *self.context)[0]

    def sample(self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None) -> Float[Array, "batch *event"]:
        """A draw. A row draws by its number in `index`."""
        return self.network(self.base.sample(key, index), *self.context)[0]

    def sample_and_log_prob(
        self, key: Key[Array, ""], index: Int[Array, "batch"] | None = None
    ) -> tuple[Float[Array, "batch *event"], Float[Array, "batch"]]:
        """The same draw and its log density, in nats, without the inverse."""
        u = self.base.sample(key, index)
        z, log_volume = self.network(u, *self.context)
        return z, self.base.log_prob(u) - log_volume

    def log_prob(self, z: Float[Array, "batch *event"], mask=None) -> Float[Array, "batch"]:
        """The log density of any z, in nats, by the inverse of the network."""
        del mask  # the numbers of a flow are one vector: all exist
        u, log_volume = self.network(z, *self.context, method="inverse")
        return self.base.log_prob(u) - log_volume
