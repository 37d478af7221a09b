"""Corruptions of a batch's inputs: noise, masks, holes and warps for the model to undo; the targets stay as they are.

Each is `(key, batch, strength) -> batch`, and the draws of a row depend on (key, batch.index) alone. `strength` may be
traced, one for all rows or one a row. Values are taken to be in [0, 1] unless said otherwise.
"""

from aelab.corruptions.choose import choose, hides, menu, named
from aelab.corruptions.hiding import filled
from aelab.corruptions.holes import fixed_quadrants, halves, occlusion, quadrants, regions
from aelab.corruptions.noise import binarisation, gaussian, gaussian_real, masking, salt_and_pepper
from aelab.corruptions.patches import patches, visible
from aelab.corruptions.warps import affine

__all__ = [
    "affine",
    "binarisation",
    "choose",
    "filled",
    "fixed_quadrants",
    "gaussian",
    "gaussian_real",
    "halves",
    "hides",
    "masking",
    "menu",
    "named",
    "occlusion",
    "patches",
    "quadrants",
    "regions",
    "salt_and_pepper",
    "visible",
]
