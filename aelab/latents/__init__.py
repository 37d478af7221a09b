"""Kinds of code, a file each: a head that turns an encoder's features into q(z|x)."""

from aelab.latents.gaussian import Gaussian
from aelab.latents.point import Point
from aelab.latents.shape import code_shape

__all__ = ["Gaussian", "Point", "code_shape"]
