"""Kinds of code, a file each: a head that turns an encoder's features into q(z|x)."""

from aelab.latents.gaussian import Gaussian
from aelab.latents.point import Point

__all__ = ["Gaussian", "Point"]
