"""One picture from a file to an array: PNG, JPEG, WebP and TIFF, in the form that a set asks for."""

import warnings
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
import PIL
from PIL import Image, ImageOps

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF")  # no others are tried: some of Pillow's run programs
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
DECODER = f"1, Pillow {PIL.__version__}"  # another where a file becomes other pixels: what is cached goes by it
PIXELS = 1 << 26  # of one picture, as its header says; 8192 by 8192
DEEP = ("I;16", "I;16L", "I;16B", "I;16N")  # modes of 16 bits a pixel
GREY = ("1", "L", "LA", "La", *DEEP)  # modes without colours
ORIENTATION = 0x0112  # in EXIF: how the camera was held


class Head(NamedTuple):
    """What the header of a picture says."""

    size: tuple[int, int]  # height and width, as seen
    colour: bool
    deep: bool  # 16 bits
    alpha: bool


class Form(NamedTuple):
    """What every picture of a set becomes."""

    size: int  # of the middle square it is cut to and scaled, in pixels; 0 leaves it as it is
    channels: int  # 1 or 3
    deep: bool = False  # 16 bits rather than 8


def look(file: Path | IO[bytes]) -> Head:
    """Read the header alone.

    Raises:
        Exception: whatever Pillow raises where it is no picture; ValueError where it is one that is not read.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about metadata, which a picture does not need
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > PIXELS:
                raise ValueError(f"its header says {image.width} by {image.height} pixels, more than {PIXELS} in all")
            if image.mode in ("I", "F"):
                raise ValueError("32 bits a pixel are not read from pictures; save them as .npy")
            turned = image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
            size = (image.width, image.height) if turned else (image.height, image.width)
            return Head(size, image.mode not in GREY, image.mode in DEEP, image.has_transparency_data)


def decode(file: Path | IO[bytes], form: Form, *, upright: bool = True) -> np.ndarray:
    """The picture `[height, width, channel]`, turned as the camera was held if `upright`; alpha is laid on black.

    Of several frames or pages the first one. Raises what Pillow raises on a damaged file.
    """
    with Image.open(file, formats=FORMATS) as image:
        image = ImageOps.exif_transpose(image) if upright else image
        if image.mode in DEEP:
            image = Image.fromarray(np.asarray(image).astype(np.uint16))
        else:
            if image.has_transparency_data:
                image = image.convert("RGBA")
                image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
            image = image.convert("L" if form.channels == 1 else "RGB")
        return as_form(np.asarray(fit(image, form.size)), form)


def fit(image: Image.Image, size: int) -> Image.Image:
    """The middle square scaled to `size`, smoothed against aliasing; 0 leaves the picture as it is."""
    return ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS) if size else image


def as_form(x: np.ndarray, form: Form) -> np.ndarray:
    """Pixels in the depth and with the channels of `form`."""
    x = x[..., None] if x.ndim == 2 else x
    x = x.astype(np.uint16) * 257 if form.deep and x.dtype == np.uint8 else x
    return np.repeat(x, form.channels, axis=-1) if x.shape[-1] < form.channels else x
