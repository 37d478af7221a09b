"""The numbers that objectives read, a record for each of them: a script whose config has it as a base has its flags.

The objectives themselves are in `aelab.objectives`. Here no JAX is imported, so that `--help` answers at once.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from aelab.config.bounds import Bounds, Count, Natural, NonNegative, Positive, Share, Size
from aelab.config.markers import Traced, since


@dataclass(frozen=True)
class ElboOptions:
    """What `elbo` reads, and how closely the likelihood of a model that is trained with it is bounded."""

    beta: Annotated[NonNegative, Traced()] = 1.0  # weight of the rate in the ELBO
    beta_warmup: Annotated[NonNegative, Traced(epochs=True)] = 0.0  # epochs over which beta rises from 0
    importance_samples: Natural = 10  # k of the bound L_k scored on the test set; 0 leaves it out


@dataclass(frozen=True)
class RateLimitOptions:
    """What `capacity`, `cyclical` and `free_bits` read: where the rate is to be."""

    capacity: Annotated[NonNegative, Traced(switch=False)] = since("0.1.0", 25.0)  # nats the rate is led to by capacity
    capacity_epochs: Annotated[NonNegative, Traced(epochs=True, switch=False, rise=True)] = since(
        "0.1.0", 10.0
    )  # over which the capacity grows from 0
    cycles: Annotated[Positive, Traced()] = since("0.1.0", 4.0)  # of cyclical: how often beta rises from 0
    cycle_rise: Annotated[NonNegative, Traced(switch=False, rise=True)] = since(
        "0.1.0", 0.5
    )  # of cyclical: share of a cycle in which beta rises
    free_bits: Annotated[NonNegative, Traced(switch=False)] = since("0.1.0", 0.1)  # nats that a group costs at least
    free_bits_of: Literal["number", "code"] = since("0.1.0", "number")  # a group: each number of the code, or all of it


@dataclass(frozen=True)
class AggregateOptions:
    """What `dip_1`, `dip_2`, `info_vae`, `wae_mmd` and `factor` read: how the codes of all examples are to lie."""

    dip_off_diagonal: Annotated[NonNegative, Traced(switch=False)] = since("0.1.0", 10.0)  # of dip: λ_od
    dip_diagonal: Annotated[NonNegative, Traced(switch=False)] = since("0.1.0", 10.0)  # of dip: λ_d
    mmd_weight: Annotated[NonNegative, Traced(switch=False)] = since("0.1.0", 100.0)  # of info_vae and wae_mmd: λ
    info_alpha: Annotated[float, Bounds(high=1.0), Traced(switch=False)] = since(
        "0.1.0", 0.0
    )  # of info_vae: share of the rate left out
    factor_gamma: Annotated[NonNegative, Traced(switch=False)] = since(
        "0.1.0", 10.0
    )  # weight of what factor's critic says
    critic_lr: Annotated[Positive, Traced()] = since("0.1.0", 1e-4)  # of factor: learning rate of the critic
    critic_widths: tuple[Size, ...] = since("0.1.0", (512, 512, 512))  # of factor: units of the critic's hidden layers


@dataclass(frozen=True)
class BoundOptions(AggregateOptions, RateLimitOptions, ElboOptions):
    """Which objective is minimised, by its name in `aelab.objectives.menu`, and what they read."""

    objective: Literal[
        "elbo",
        "iwae",
        "dreg",
        "stl",
        "miwae",
        "piwae",
        "ciwae",
        "capacity",
        "cyclical",
        "free_bits",
        "beta_tc",
        "factor",
        "dip_1",
        "dip_2",
        "info_vae",
        "wae_mmd",
    ] = "elbo"  # what is minimised
    samples: Count = 1  # draws of z per example for iwae, dreg, stl, miwae, piwae and ciwae
    bounds: Count = since("0.1.0", 2)  # of miwae and piwae: how many bounds, each of so many --samples
    elbo_share: Annotated[NonNegative, Traced(switch=False)] = since("0.1.0", 0.5)  # of ciwae: share of the ELBO


@dataclass(frozen=True)
class PenaltyOptions:
    """Which objective an autoencoder without noise is trained by, and what they read."""

    objective: Literal["reconstruction", "contractive", "kl_sparse", "rae_l2", "rae_gradient", "rae_spectral"] = since(
        "0.1.0", "reconstruction"
    )  # what is minimised
    contraction: Annotated[NonNegative, Traced(switch=False)] = since("0.1.0", 0.1)  # of contractive: λ
    sparsity: Annotated[Share, Traced(switch=False)] = since("0.1.0", 0.05)  # of kl_sparse: mean that a unit is to have
    sparsity_weight: Annotated[NonNegative, Traced(switch=False)] = since("0.1.0", 3.0)  # of kl_sparse: β
    code_penalty: Annotated[NonNegative, Traced(switch=False)] = since("0.1.0", 0.1)  # of rae: β, of the code's length
    decoder_penalty: Annotated[NonNegative, Traced(switch=False)] = since(
        "0.1.0", 1e-3
    )  # of rae_l2 and rae_gradient: λ, of the decoder
