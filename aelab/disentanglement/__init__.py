"""Scores of codes against factors that are known: is each factor in a number of its own?

Each is a function of codes `[example, latent]` and factors `[example, factor]` and lies in [0, 1].
"""

from aelab.disentanglement.beta_vae import beta_vae
from aelab.disentanglement.dci import DCI, dci
from aelab.disentanglement.every import estimates, every, of_model
from aelab.disentanglement.factor_vae import factor_vae
from aelab.disentanglement.mig import mig
from aelab.disentanglement.mig_sup import mig_sup
from aelab.disentanglement.modularity import modularity
from aelab.disentanglement.sap import sap

__all__ = [
    "DCI",
    "beta_vae",
    "dci",
    "estimates",
    "every",
    "factor_vae",
    "mig",
    "mig_sup",
    "modularity",
    "of_model",
    "sap",
]
