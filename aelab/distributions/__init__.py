"""Distributions over batches of events, as records of arrays with pure functions; probabilities in nats.

The first axis is the batch, all others are the event: `log_prob` and `kl` give one number per example, never reduced
further. A distribution without a batch axis (a prior) broadcasts against one. Every function takes its key explicitly.
"""

from aelab.distributions.bernoulli import Bernoulli, bernoulli_log_prob
from aelab.distributions.categorical import Categorical
from aelab.distributions.compiled import jit
from aelab.distributions.draws import draw, row_keys
from aelab.distributions.kl import discrete_kl, has_closed_form, kl, normal_kl_terms
from aelab.distributions.masks import aligned, existing, sum_event
from aelab.distributions.normal import Normal
from aelab.distributions.point import Point
from aelab.distributions.protocol import Distribution

__all__ = [
    "Bernoulli",
    "Categorical",
    "Distribution",
    "Normal",
    "Point",
    "aligned",
    "bernoulli_log_prob",
    "discrete_kl",
    "draw",
    "existing",
    "has_closed_form",
    "jit",
    "kl",
    "normal_kl_terms",
    "row_keys",
    "sum_event",
]
