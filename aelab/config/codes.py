"""The settings of priors, `aelab.priors`. Here no JAX is imported, so that `--help` answers at once."""

from dataclasses import dataclass
from typing import Literal

from aelab.config.bounds import Count
from aelab.config.markers import since

PriorName = Literal["standard_normal", "conditional", "mixture", "vamp"]


@dataclass(frozen=True)
class PriorOptions:
    """p(z), and what it reads."""

    prior: PriorName = since("0.1.0", "standard_normal")  # of codes; conditional: learned p(z|condition)
    prior_components: Count = since("0.1.0", 10)  # mixture: normal distributions; vamp: pseudo-inputs
