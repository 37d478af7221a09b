"""Objectives, a paper or an idea a file: `(model, params, key, batch, *, step, hyper, extra) -> Loss`."""

from aelab.objectives.draws import divergence, drawn
from aelab.objectives.elbo import elbo
from aelab.objectives.iwae import iwae, log_weight
from aelab.objectives.loss import Loss
from aelab.objectives.reconstruction import reconstruction

__all__ = ["Loss", "divergence", "drawn", "elbo", "iwae", "log_weight", "reconstruction"]
