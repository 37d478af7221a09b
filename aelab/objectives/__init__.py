"""Objectives, a paper or an idea a file: a loss `(model, params, key, batch, *, step, hyper, extra) -> Loss`.

One that keeps something from step to step, or looks across the batch, is an `Objective` around its loss.
`menu[name](config, spec)` makes the one that a config calls so. Those of sparse dictionaries are in a folder of their
own.
"""

from collections.abc import Callable
from functools import partial

from aelab.objectives import dictionaries
from aelab.objectives.aae import aae_critic, aae_generator
from aelab.objectives.beta_tc import beta_tc
from aelab.objectives.code_entropy import code_entropy
from aelab.objectives.code_rate import code_rate
from aelab.objectives.contractive import contractive
from aelab.objectives.dip import dip
from aelab.objectives.draws import divergence, drawn, prior_draws
from aelab.objectives.elbo import elbo
from aelab.objectives.factor import factor, factor_critic
from aelab.objectives.gumbel_softmax import gumbel_softmax
from aelab.objectives.iwae import iwae, log_weight, weighed_draw
from aelab.objectives.kl_sparse import kl_sparse
from aelab.objectives.looser_bounds import ciwae, miwae, piwae
from aelab.objectives.loss import Loss
from aelab.objectives.m2 import m2
from aelab.objectives.mmd import info_vae, wae_mmd
from aelab.objectives.moving_codebook import moving_codebook
from aelab.objectives.objective import Objective, as_objective
from aelab.objectives.optimal_sigma import optimal_sigma
from aelab.objectives.path_gradients import dreg, stl
from aelab.objectives.quantised import quantised
from aelab.objectives.rae import rae
from aelab.objectives.rae_spectral import rae_spectral, with_turned_decoder
from aelab.objectives.rate_limits import capacity, cyclical, free_bits
from aelab.objectives.reconstruction import reconstruction
from aelab.objectives.vae_gan import vae_gan, vae_gan_critic, vae_gan_generator

# Not among them are `factor`, `aae` and `vae_gan`, which need a critic, `m2`, which needs a classifier, and those of
# quantised codes, which need such a code: `quantised`, `moving_codebook`, `code_entropy` and `gumbel_softmax`.
# `code_rate` trains a prior alone.
menu: dict[str, Callable] = {
    "beta_tc": lambda config, spec: Objective(partial(beta_tc, examples=spec.examples), across=True),
    "capacity": lambda config, spec: capacity,
    "ciwae": lambda config, spec: partial(ciwae, samples=config.samples),
    "contractive": lambda config, spec: contractive,
    "cyclical": lambda config, spec: cyclical,
    "dip_1": lambda config, spec: Objective(partial(dip, of_draws=False), across=True),
    "dip_2": lambda config, spec: Objective(partial(dip, of_draws=True), across=True),
    "dreg": lambda config, spec: partial(dreg, samples=config.samples),
    "elbo": lambda config, spec: elbo,
    "free_bits": lambda config, spec: Objective(partial(free_bits, group=config.free_bits_of), across=True),
    "info_vae": lambda config, spec: Objective(info_vae, across=True),
    "iwae": lambda config, spec: partial(iwae, samples=config.samples),
    "kl_sparse": lambda config, spec: Objective(kl_sparse, across=True),
    "miwae": lambda config, spec: partial(miwae, samples=config.samples, bounds=config.bounds),
    "piwae": lambda config, spec: partial(piwae, samples=config.samples, bounds=config.bounds),
    "rae_gradient": lambda config, spec: partial(rae, gradient=True),
    "rae_l2": lambda config, spec: partial(rae, gradient=False),
    "rae_spectral": lambda config, spec: Objective(rae_spectral, project=with_turned_decoder),
    "reconstruction": lambda config, spec: reconstruction,
    "stl": lambda config, spec: partial(stl, samples=config.samples),
    "wae_mmd": lambda config, spec: Objective(wae_mmd, across=True),
}

__all__ = [
    "Loss",
    "Objective",
    "aae_critic",
    "aae_generator",
    "as_objective",
    "beta_tc",
    "capacity",
    "ciwae",
    "code_entropy",
    "code_rate",
    "contractive",
    "cyclical",
    "dictionaries",
    "dip",
    "divergence",
    "drawn",
    "dreg",
    "elbo",
    "factor",
    "factor_critic",
    "free_bits",
    "gumbel_softmax",
    "info_vae",
    "iwae",
    "kl_sparse",
    "log_weight",
    "m2",
    "menu",
    "miwae",
    "moving_codebook",
    "optimal_sigma",
    "piwae",
    "prior_draws",
    "quantised",
    "rae",
    "rae_spectral",
    "reconstruction",
    "stl",
    "vae_gan",
    "vae_gan_critic",
    "vae_gan_generator",
    "wae_mmd",
    "weighed_draw",
    "with_turned_decoder",
]
