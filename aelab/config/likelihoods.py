"""The settings of likelihoods, `aelab.likelihoods`. Here no JAX is imported, so that `--help` answers at once."""

from dataclasses import dataclass
from typing import Literal

from aelab.config.bounds import Count, Positive
from aelab.config.markers import since

LikelihoodName = Literal[
    "auto",
    "bernoulli",
    "continuous_bernoulli",
    "normal",
    "bounded_normal",
    "laplace",
    "student_t",
    "categorical",
    "discretised_logistic",
    "logistic_mixture",
    "negative_binomial",
    "zero_inflated",
    "mixed",
]


@dataclass(frozen=True)
class LikelihoodOptions:
    """What stands behind the decoder."""

    likelihood: LikelihoodName = "auto"  # auto: bernoulli on [0, 1], mixed for --categorical, else normal
    sigma: Positive | Literal["learned"] = 1.0  # standard deviation of the normal, scale of laplace and student_t
    least_sigma: Positive = since("0.1.0", 0.01)  # bounded_normal: no standard deviation is below it
    freedom: Positive = since("0.1.0", 5.0)  # student_t: degrees of freedom; fewer are for wilder outliers
    logistics: Count = since("0.1.0", 5)  # logistic_mixture: parts of each entry
