"""Sweeps: many settings of one experiment, as points that are counted, checked and named before anything runs.

    points = product(choose("beta", 0.5, 1, 4), seeds(3))

is what the text `beta=0.5,1,4 seed=0:3` says; a Python file defines `points` like that.
"""

from aelab.sweeps.algebra import Points, chain, choose, linear, log, log_uniform, product, seeds, uniform, zipped
from aelab.sweeps.spec import parse

__all__ = [
    "Points",
    "chain",
    "choose",
    "linear",
    "log",
    "log_uniform",
    "parse",
    "product",
    "seeds",
    "uniform",
    "zipped",
]
