"""Kinds of code, a file each: a head that turns an encoder's features into q(z|x).

`menu` has those that `--posterior` names, `chosen` makes the one that a config asks for, and `decoding` its decoder.
Wide codes of which few numbers are on are in a folder of their own, `dictionaries`.

`Quantised` is a code of entries of a book: a `Codebook`, the grid of `FiniteScalar`, or the bits of `Binary`;
`Gumbel` draws them.

`codes` knows what is inside a code, and nothing outside this room does: `flat` and its inverse `like`, `dims`, `names`,
`layers`, `interpolate`. `paths` are ways through the space of codes.
"""

from aelab.latents import dictionaries
from aelab.latents.binary import Binary
from aelab.latents.choose import chosen, decoding, menu
from aelab.latents.codebook import Codebook
from aelab.latents.codes import dims, flat, interpolate, is_vector, layers, like, names, some
from aelab.latents.finite_scalar import FiniteScalar
from aelab.latents.full_normal import FullNormal
from aelab.latents.gaussian import Gaussian
from aelab.latents.gumbel import Gumbel
from aelab.latents.inverse_autoregressive import InverseAutoregressive
from aelab.latents.k_sparse import KLargest
from aelab.latents.layered import BottomUpLayers, LowestLayer, TopDownLayers
from aelab.latents.planar import Planar
from aelab.latents.point import Point
from aelab.latents.quantised import Quantised
from aelab.latents.shape import code_shape
from aelab.latents.von_mises_fisher import VonMisesFisher

__all__ = [
    "Binary",
    "BottomUpLayers",
    "Codebook",
    "FiniteScalar",
    "FullNormal",
    "Gaussian",
    "Gumbel",
    "InverseAutoregressive",
    "KLargest",
    "LowestLayer",
    "Planar",
    "Point",
    "Quantised",
    "TopDownLayers",
    "VonMisesFisher",
    "chosen",
    "code_shape",
    "decoding",
    "dictionaries",
    "dims",
    "flat",
    "interpolate",
    "is_vector",
    "layers",
    "like",
    "menu",
    "names",
    "some",
]
