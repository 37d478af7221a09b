"""Priors p(z), a file each: a distribution over one code, or a Linen module that learns one and returns it.

`standard_normal` and, on the sphere, `uniform` are fixed. `LearnedMixture` and `Vamp` have several peaks, `LearnedFlow`
any form, `Layered` several layers of codes, and `Conditional` is one for each condition. `UniformCodes` is that of
quantised codes, `AutoregressiveCodes` one that is learned after them, and `entries_of` looks codes up for one that
draws indices. `menu` has those that `--prior` names, and `chosen` makes the one that a config asks for.
"""

from aelab.priors.autoregressive_codes import AutoregressiveCodes
from aelab.priors.choose import chosen, menu
from aelab.priors.conditional import Conditional
from aelab.priors.flow import LearnedFlow
from aelab.priors.layered import Layered
from aelab.priors.mixture import LearnedMixture
from aelab.priors.standard_normal import standard_normal
from aelab.priors.uniform import uniform
from aelab.priors.uniform_codes import UniformCodes, entries_of
from aelab.priors.vamp import Vamp

__all__ = [
    "AutoregressiveCodes",
    "Conditional",
    "Layered",
    "LearnedFlow",
    "LearnedMixture",
    "UniformCodes",
    "Vamp",
    "chosen",
    "entries_of",
    "menu",
    "standard_normal",
    "uniform",
]
