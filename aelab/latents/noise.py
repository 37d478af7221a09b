"""A code from the noise that a prior turns into it: so one number can be moved, and the layers below it follow."""

from typing import Any

from aelab.distributions import TopDown
from aelab.latents.codes import Code


def from_noise(p: Any, noise: Code) -> Code:
    """z = μ + σ ⊙ ε of each layer, with the μ and σ that the layer above gives it; all layers of p are normal.

    With ε ~ N(0, I) it is a draw from p, and 0 stands for the mode of each layer. A number of ε counts in standard
    deviations.
    """
    if not isinstance(p, TopDown):
        return p.mean + p.stddev * noise
    z = [from_noise(p.top, noise[-1])]
    for given, own in zip(reversed(p.below), reversed(noise[:-1]), strict=True):
        z.insert(0, from_noise(given(z[0]), own))
    return tuple(z)
