"""Objectives, a paper or an idea a file: a loss `(model, params, key, batch, *, step, hyper, extra) -> Loss`.

One that keeps something from step to step, or looks across the batch, is an `Objective` around its loss.
`menu[name](config, spec)` makes the one that a config calls so.
"""

from collections.abc import Callable
from functools import partial

from aelab.objectives.draws import divergence, drawn
from aelab.objectives.elbo import elbo
from aelab.objectives.iwae import iwae, log_weight
from aelab.objectives.loss import Loss
from aelab.objectives.objective import Objective, as_objective
from aelab.objectives.rate_limits import capacity, cyclical, free_bits
from aelab.objectives.reconstruction import reconstruction

menu: dict[str, Callable] = {
    "capacity": lambda config, spec: capacity,
    "cyclical": lambda config, spec: cyclical,
    "elbo": lambda config, spec: elbo,
    "free_bits": lambda config, spec: Objective(partial(free_bits, group=config.free_bits_of), across=True),
    "iwae": lambda config, spec: partial(iwae, samples=config.samples),
    "reconstruction": lambda config, spec: reconstruction,
}

__all__ = [
    "Loss",
    "Objective",
    "as_objective",
    "capacity",
    "cyclical",
    "divergence",
    "drawn",
    "elbo",
    "free_bits",
    "iwae",
    "log_weight",
    "menu",
    "reconstruction",
]
