"""Kinds of code, a file each: a head that turns an encoder's features into q(z|x).

`codes` knows what is inside a code, and nothing outside this room does: `flat` and its inverse `like`, `dims`, `names`,
`layers`, `interpolate`. `paths` are ways through the space of codes.
"""

from aelab.latents.codes import dims, flat, interpolate, is_vector, layers, like, names, some
from aelab.latents.gaussian import Gaussian
from aelab.latents.k_sparse import KLargest
from aelab.latents.point import Point
from aelab.latents.shape import code_shape

__all__ = [
    "Gaussian",
    "KLargest",
    "Point",
    "code_shape",
    "dims",
    "flat",
    "interpolate",
    "is_vector",
    "layers",
    "like",
    "names",
    "some",
]
