"""The settings of random codes and their priors, `aelab.latents` and `aelab.priors`.

Here no JAX is imported, so that `--help` answers at once.
"""

from dataclasses import dataclass
from typing import Any, Literal

from aelab.config.bounds import Count, Layers, Size, SizeOrNone
from aelab.config.markers import since

PosteriorName = Literal["normal", "full", "planar", "iaf", "vmf", "layered", "bottom_up"]
PriorName = Literal["standard_normal", "conditional", "mixture", "vamp", "flow", "layered", "uniform"]


@dataclass(frozen=True)
class RandomCodeOptions:
    """q(z|x) and p(z), and what they read."""

    posterior: PosteriorName = since("0.1.0", "normal")  # kind of q(z|x): full covariance, a flow, on a sphere, layers
    flow_steps: Layers = since("0.1.0", 2)  # planar, iaf: steps behind the normal distribution
    upper_dims: tuple[Size, ...] = since("0.1.0", ())  # layered, bottom_up: numbers of each layer above the first
    code_width: SizeOrNone = since("0.1.0", 64)  # units of nets inside a code or a prior; layered: 0 is affine
    prior: PriorName = since("0.1.0", "standard_normal")  # of codes; conditional: learned p(z|condition)
    prior_components: Count = since("0.1.0", 10)  # mixture: normal distributions; vamp: pseudo-inputs
    prior_from_codes: bool = since("0.1.0", False)  # mixture: fitted at first to training codes of the --init-from run
    prior_layers: Layers = since("0.1.0", 4)  # flow: coupling layers
    optimal_sigma: bool = since("0.1.0", False)  # normal, sigma learned: put on its best value, not led by a gradient

    @property
    def code_label(self) -> str:
        """What the name of a run says of its code: the numbers of each layer."""
        own: Any = self
        return "z" + ".".join(map(str, (own.latent_dim, *self.upper_dims)))
