"""The numbers that objectives read, a record for each of them: a script whose config has it as a base has its flags.

The objectives themselves are in `aelab.objectives`. Here no JAX is imported, so that `--help` answers at once.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from aelab.config.bounds import Count, Natural, NonNegative
from aelab.config.markers import Traced


@dataclass(frozen=True)
class ElboOptions:
    """What `elbo` reads, and how closely the likelihood of a model that is trained with it is bounded."""

    beta: Annotated[NonNegative, Traced()] = 1.0  # weight of the rate in the ELBO
    beta_warmup: Annotated[NonNegative, Traced(epochs=True)] = 0.0  # epochs over which beta rises from 0
    importance_samples: Natural = 10  # k of the bound L_k scored on the test set; 0 leaves it out


@dataclass(frozen=True)
class BoundOptions(ElboOptions):
    """Which of `elbo` and `iwae` is maximised, and what they read."""

    objective: Literal["elbo", "iwae"] = "elbo"  # what is maximised: the ELBO or the importance-weighted bound
    samples: Count = 1  # draws of z per example for iwae
