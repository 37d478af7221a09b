"""One picture from a file to an array: PNG, JPEG, WebP, TIFF, BMP, GIF and PNM, in the form that a set asks for."""

import warnings
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import PIL
from PIL import Image, ImageOps

from aelab.data.deep_colours import is_deep, luma, read_deep

FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "DIB", "GIF", "PPM")  # no others: some of Pillow's run programs
SUFFIXES = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".tif", ".tiff", ".bmp", ".dib", ".gif"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)
DECODER = f"2, Pillow {PIL.__version__}"  # another where a file becomes other pixels: what is cached goes by it
PIXELS = 1 << 26  # of one picture, as its header says; 8192 by 8192
DEEP = ("I;16", "I;16L", "I;16B", "I;16N")  # modes of 16 bits a pixel
GREY = ("1", "L", "LA", "La", *DEEP)  # modes without colours
ORIENTATION = 0x0112  # in EXIF: how the camera was held
SUBFILE = 254  # tag of a page of a TIFF; its lowest bit says that the page is a smaller copy of another


class Head(NamedTuple):
    """What the header of a picture says."""

    size: tuple[int, int]  # height and width, as seen
    colour: bool
    deep: bool  # 16 bits
    alpha: bool
    page: int = 0  # of a TIFF, from 0
    frames: int = 1  # of an animation, of which the first is read
    reduced: bool = False  # 16 bits written in words, of which the upper 8 are read


class Form(NamedTuple):
    """What every picture of a set becomes."""

    size: int  # of the middle square it is cut to and scaled, in pixels; 0 leaves it as it is
    channels: int  # 1 or 3
    deep: bool = False  # 16 bits rather than 8


def look(file: Path | IO[bytes]) -> Head:
    """Read the header alone, that of the first page.

    Raises:
        Exception: whatever Pillow raises where it is no picture; ValueError where it is one that is not read.
    """
    return look_at_pages(file, 1)[0]


def look_at_pages(file: Path | IO[bytes], most: int | None = None) -> list[Head]:
    """Read the headers of the pages of a TIFF, `most` of them, smaller copies of others left out; one of other formats.

    Raises:
        Exception: as `look`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about metadata, which a picture does not need
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(file, formats=FORMATS) as image:
            frames = getattr(image, "n_frames", 1) if most != 1 else 1
            if image.format != "TIFF":
                return [_head(image, 0, frames)]
            heads = []
            for page in range(frames):
                image.seek(page)
                if not heads or not int(image.tag_v2.get(SUBFILE, 0)) & 1:  # ty: ignore[missing-attribute]
                    heads.append(_head(image, page, 1))
            return heads


def _head(image: Image.Image, page: int, frames: int) -> Head:
    if image.width * image.height > PIXELS:
        raise ValueError(f"its header says {image.width} by {image.height} pixels, more than {PIXELS} in all")
    deep = image.mode in DEEP or is_deep(image)
    tile: Any = getattr(image, "tile", None)  # known until the picture is loaded
    if image.mode in ("I", "F") and not deep:
        raise ValueError("32 bits a pixel are not read from pictures; save them as .npy")
    reduced = bool(tile) and tile[0].codec_name == "ppm_plain" and tile[0].args[-1] > 255
    turned = image.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
    size = (image.width, image.height) if turned else (image.height, image.width)
    colour = image.mode not in (*GREY, "I") and (tile and tile[0].args) != "LA;16B"
    return Head(size, colour, deep, image.has_transparency_data, page, frames, reduced)


def decode(file: Path | IO[bytes], form: Form, *, upright: bool = True, page: int = 0) -> np.ndarray:
    """The picture `[height, width, channel]`, turned as the camera was held if `upright`; alpha is laid on black.

    Of several frames the first one, of several pages that one. Raises what Pillow raises on a damaged file.
    """
    with Image.open(file, formats=FORMATS) as image:
        if page:
            image.seek(page)
        deep = form.deep and is_deep(image)
        if not deep and image.mode not in DEEP:
            return as_form(np.asarray(fit(_flat(image, form, upright), form.size)), form)
        if not deep:
            whole = np.asarray(ImageOps.exif_transpose(image) if upright else image).astype(np.uint16)[..., None]
    if deep:
        whole = read_deep(file, page, upright=upright)
        whole = luma(whole) if form.channels < whole.shape[-1] else whole
    return as_form(_scaled(whole, form.size), form)


def _flat(image: Image.Image, form: Form, upright: bool) -> Image.Image:
    """Of 8 bits, grey or in colours, without alpha."""
    image = ImageOps.exif_transpose(image) if upright else image
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image)
    return image.convert("L" if form.channels == 1 else "RGB")


def _scaled(x: np.ndarray, size: int) -> np.ndarray:
    """Pixels of 16 bits scaled channel by channel.

    Smoothing overshoots, and values that no pixel had would tell of more bits than are used.
    """
    if not size:
        return x
    channels = [x[..., i] for i in range(x.shape[-1])]
    made = [np.clip(np.asarray(fit(Image.fromarray(one), size)), one.min(), one.max()) for one in channels]
    return np.stack(made, -1)


def fit(image: Image.Image, size: int) -> Image.Image:
    """The middle square scaled to `size`, smoothed against aliasing; 0 leaves the picture as it is."""
    return ImageOps.fit(image, (size, size), Image.Resampling.LANCZOS) if size else image


def as_form(x: np.ndarray, form: Form) -> np.ndarray:
    """Pixels in the depth and with the channels of `form`."""
    x = x[..., None] if x.ndim == 2 else x
    x = x.astype(np.uint16) * 257 if form.deep and x.dtype == np.uint8 else x
    return np.repeat(x, form.channels, axis=-1) if x.shape[-1] < form.channels else x
