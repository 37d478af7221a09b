"""`sprites`: white shapes on black whose five factors are known, drawn when they are asked for.

Every combination of 3 shapes, 6 scales, 40 orientations and 32 by 32 places: 737,280 pictures of 64 by 64 bits, counted
as dSprites counts its own (Matthey et al. 2017, https://github.com/google-deepmind/dsprites-dataset), y fastest. They
are not the pictures of dSprites: no file is read, the outlines are the formulas below, and no two orientations are the
same but by a shape's own symmetry.
"""

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np

from aelab.config import DataOptions
from aelab.data.printed import Printed
from aelab.data.source import Spec, Splits
from aelab.data.splits import split

SHAPES = ("square", "ellipse", "heart")
FACTORS = ("shape", "scale", "orientation", "x", "y")  # from the slowest to the fastest
SIZES = (3, 6, 40, 32, 32)
SPEC = Spec((64, 64, 1), "uint8", "unit", levels=2, classes=SHAPES)
REACH = 15  # pixels from the centre to the farthest point of the largest shape; the first centre is at (16, 16)


@dataclass(eq=False, repr=False)
class Sprites(Printed):
    """All of them; a batch also has `factors`, shape (n, 5): classes 0, 1, … in the order of `FACTORS`."""

    spec: Spec = SPEC

    def __len__(self) -> int:
        return int(np.prod(SIZES))

    def get_batch(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Pictures `x`, shape (n, 64, 64, 1), their shape as `label`, and their `factors`."""
        factors = np.stack(np.unravel_index(indices, SIZES), axis=-1).astype(np.int32)
        shape, scale, orientation, x, y = factors.T
        canvas = np.zeros((len(factors), *SPEC.shape[:2]), np.uint8)
        place = 1 + np.arange(2 * REACH + 1)
        rows, columns = y[:, None] + place, x[:, None] + place
        canvas[np.arange(len(factors))[:, None, None], rows[:, :, None], columns[:, None, :]] = stamps()[
            shape, scale, orientation
        ]
        return {"x": canvas[..., None], "label": shape, "factors": factors}

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over every shape in every size and orientation, and how many places there are."""
        return hashlib.sha256(str(SIZES).encode() + stamps().tobytes()).hexdigest()


def values(factors: np.ndarray) -> np.ndarray:
    """Factors as numbers, shape (n, 5): shape 1 to 3, scale 0.5 to 1, orientation in [0, 2π), x and y in [0, 1]."""
    return factors * np.array([1, 0.1, 2 * np.pi / 40, 1 / 31, 1 / 31]) + np.array([1, 0.5, 0, 0, 0])


@cache
def stamps() -> np.ndarray:
    """Every shape in every size and orientation around its centre, bits `[shape, scale, orientation, row, column]`."""
    scale = REACH * (0.5 + 0.1 * np.arange(SIZES[1]))[:, None, None, None]
    angle = (2 * np.pi / SIZES[2] * np.arange(SIZES[2]))[:, None, None]
    y, x = np.mgrid[-REACH : REACH + 1, -REACH : REACH + 1].astype(np.float64)
    u = (np.cos(angle) * x + np.sin(angle) * y) / scale  # turned and scaled back: every shape lies in the unit disc
    v = (np.cos(angle) * y - np.sin(angle) * x) / scale
    square = np.maximum(np.abs(u), np.abs(v)) <= 0.7
    ellipse = u**2 + (v / 0.55) ** 2 <= 1
    p, q = 1.36 * u, -1.36 * v + 0.1  # the heart (p² + q² - 1)³ = p² q³, its tip below
    heart = (p**2 + q**2 - 1) ** 3 <= p**2 * q**3
    return np.stack([square, ellipse, heart]).astype(np.uint8)


def load(options: DataOptions) -> Splits:
    """80/10/10 at the usual share of 0.1, at random: every factor has all its values in every split."""
    return split(options.data, Sprites(), validation=options.validation)
