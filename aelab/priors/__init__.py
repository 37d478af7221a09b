"""Priors p(z), a file each: a distribution over one code, or a Linen module that learns one and returns it.

`standard_normal` and, on the sphere, `uniform` are fixed. `LearnedMixture` and `Vamp` have several peaks, `LearnedFlow`
any form, `Layered` several layers of codes, and `Conditional` is one for each condition. `menu` has those that
`--prior` names, and `chosen` makes the one that a config asks for.
"""

from aelab.priors.choose import chosen, menu
from aelab.priors.conditional import Conditional
from aelab.priors.flow import LearnedFlow
from aelab.priors.layered import Layered
from aelab.priors.mixture import LearnedMixture
from aelab.priors.standard_normal import standard_normal
from aelab.priors.uniform import uniform
from aelab.priors.vamp import Vamp

__all__ = [
    "Conditional",
    "Layered",
    "LearnedFlow",
    "LearnedMixture",
    "Vamp",
    "chosen",
    "menu",
    "standard_normal",
    "uniform",
]
