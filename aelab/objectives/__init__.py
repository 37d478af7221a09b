"""Objectives, a paper or an idea a file: a loss `(model, params, key, batch, *, step, hyper, extra) -> Loss`.

One that keeps something from step to step, or looks across the batch, is an `Objective` around its loss.
"""

from aelab.objectives.draws import divergence, drawn
from aelab.objectives.elbo import elbo
from aelab.objectives.iwae import iwae, log_weight
from aelab.objectives.loss import Loss
from aelab.objectives.objective import Objective, as_objective
from aelab.objectives.reconstruction import reconstruction

__all__ = ["Loss", "Objective", "as_objective", "divergence", "drawn", "elbo", "iwae", "log_weight", "reconstruction"]
