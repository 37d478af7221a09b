"""Distributions over batches of events: a file each, as records of arrays with pure functions.

The first axis is the batch, and all others are the event. `log_prob` and `kl` are in nats and give one number per
example; nothing here averages over a batch. A distribution without a batch axis, such as a prior, meets every example
of a batch. Every function that draws takes its key as an argument.

- `Normal`, `Laplace`, `StudentT`: real numbers. `Bernoulli`, `ContinuousBernoulli`: numbers in [0, 1]. `GreyLevels`,
  `DiscretisedLogistic`: a few levels of [0, 1]. `Categorical`: choices, and `OneHot` those as rows of 0 and 1.
  `NegativeBinomial`, `ZeroInflated`: counts, and `Shares` those divided. `Point`: no spread, and `Sparse` is one most
  of whose numbers are 0. `Distribution` is what they have in common: `log_density` of each entry, and `log_prob`, its
  sum over the event.
- `Mixture` chooses one of several distributions for a whole event, `EntryMixture` for each entry anew. `Product` has
  several side by side, one for each block of entries.
- `FullNormal` has a full covariance, `Flow` moves a normal by a network, `VonMisesFisher` and `UniformSphere` lie on a
  sphere: distributions of codes. `Quantised` is a code of entries out of a finite book, `RelaxedCodes`
  draws them, and `UniformCodes` and `Autoregressive` are their priors.
- `TopDown`, `BottomUp`: one distribution over a tuple of layers; `given` makes one of its layers from a network, and
  `layers_at` gives the distributions of its layers. `DrawsWithDensity` and `OwnDivergence` are what such a distribution
  may offer.
- `kl`: divergences by their closed forms, of a whole event (`kl`), of each of its entries (`normal_kl_terms`), and of
  probabilities in a table (`discrete_kl`).
- `draws`: draws that depend on a row alone, on any number of devices.
- `masks`: sums over the entries of an event that exist.
- `map_rows`: a function of the arrays of a distribution that have a row for each example.
"""

from aelab.distributions.autoregressive import Autoregressive
from aelab.distributions.bernoulli import Bernoulli, bernoulli_log_prob
from aelab.distributions.bottom_up import BottomUp
from aelab.distributions.categorical import Categorical
from aelab.distributions.compiled import jit
from aelab.distributions.continuous_bernoulli import ContinuousBernoulli
from aelab.distributions.discretised_logistic import DiscretisedLogistic
from aelab.distributions.draws import draw, row_keys
from aelab.distributions.flow import Flow
from aelab.distributions.full_normal import FullNormal
from aelab.distributions.given import Given, given, network
from aelab.distributions.grey_levels import GreyLevels
from aelab.distributions.kl import discrete_kl, has_closed_form, kl, normal_kl_terms
from aelab.distributions.laplace import Laplace
from aelab.distributions.masks import aligned, existing, sum_event
from aelab.distributions.mixture import EntryMixture, Mixture
from aelab.distributions.negative_binomial import NegativeBinomial
from aelab.distributions.normal import Normal
from aelab.distributions.one_hot import OneHot
from aelab.distributions.point import Point
from aelab.distributions.product import Product
from aelab.distributions.protocol import Distribution, DrawsWithDensity, OwnDivergence
from aelab.distributions.quantised import Quantised, UniformCodes
from aelab.distributions.relaxed import RelaxedCodes
from aelab.distributions.rows import map_rows
from aelab.distributions.shares import Shares
from aelab.distributions.sparse import Sparse
from aelab.distributions.sphere import UniformSphere, VonMisesFisher
from aelab.distributions.student_t import StudentT
from aelab.distributions.top_down import TopDown, layers_at
from aelab.distributions.zero_inflated import ZeroInflated

__all__ = [
    "Autoregressive",
    "Bernoulli",
    "BottomUp",
    "Categorical",
    "ContinuousBernoulli",
    "DiscretisedLogistic",
    "Distribution",
    "DrawsWithDensity",
    "EntryMixture",
    "Flow",
    "FullNormal",
    "Given",
    "GreyLevels",
    "Laplace",
    "Mixture",
    "NegativeBinomial",
    "Normal",
    "OneHot",
    "OwnDivergence",
    "Point",
    "Product",
    "Quantised",
    "RelaxedCodes",
    "Shares",
    "Sparse",
    "StudentT",
    "TopDown",
    "UniformCodes",
    "UniformSphere",
    "VonMisesFisher",
    "ZeroInflated",
    "aligned",
    "bernoulli_log_prob",
    "discrete_kl",
    "draw",
    "existing",
    "given",
    "has_closed_form",
    "jit",
    "kl",
    "layers_at",
    "map_rows",
    "network",
    "normal_kl_terms",
    "row_keys",
    "sum_event",
]
