"""A learned mixture of normal distributions: codes may lie in clusters.

    p(z) = Σ_c π_c N(z; μ_c, diag σ_c²)

The prior of VaDE (Jiang et al. 2017, arXiv:1611.05148, eq. 1 to 4, with c summed out), where a component is a cluster.
With q(c|x) = p(c|z), as that paper has it (eq. 16), its bound is the ELBO with this p(z).
"""

from collections.abc import Sequence

import flax.linen as nn

from aelab.distributions import Mixture, Normal


class LearnedMixture(nn.Module):
    """Weights, means and variances are learned: at first equal weights, unit variances, and means drawn from N(0, I).

    Means that are all equal would stay equal, because each would have the same gradient.
    """

    shape: Sequence[int]  # of one code
    components: int = 10

    @nn.compact
    def __call__(self) -> Mixture:
        shape = (self.components, *self.shape)
        means = self.param("means", nn.initializers.normal(1.0), shape)
        log_variances = self.param("log_variances", nn.initializers.zeros, shape)
        return Mixture(self.param("logits", nn.initializers.zeros, (self.components,)), Normal(means, log_variances))
