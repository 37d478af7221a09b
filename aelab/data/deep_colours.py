"""Pictures of 16 bits of which Pillow gives 8: colours in PNG and TIFF, grey with alpha in PNG, and PNM.

Pillow unpacks 16 bits in the byte order that its raw mode says, and keeps the upper byte. Asked for the other order it
keeps the lower one, so two readings give both. It knows one order alone for grey with alpha, whose four bytes it gives
as four channels. The pixels of PNM files are taken from the file, and scaled so
that 65535 is the largest value that its head allows.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from PIL import Image, ImageOps

OTHER = {"B": "L", "L": "B", "N": "B" if sys.byteorder == "little" else "L"}  # byte orders, as raw modes end in them
FORMATS = ("PNG", "TIFF", "PPM")
GREY_ALPHA = "LA;16B"
BITS, PLANES = 258, 284  # tags of a TIFF: bits of each sample; 2 where each colour has a plane of its own
PNM = re.compile(rb"P([56])" + 3 * rb"(?:\s|#[^\n]*\n)+(\d+)" + rb"\s")
WHITE = np.uint32(65535)


def is_deep(image: Image.Image) -> bool:
    """Whether a picture that was just opened has 16 bits that Pillow would lose.

    Raises:
        ValueError: it has them in a way that nothing here reads.
    """
    if image.format == "PPM":
        return _pnm_head(image)[-1] > 255
    tags: Any = getattr(image, "tag_v2", {})
    if image.mode in ("RGB", "RGBA") and max(tags.get(BITS, (8,))) > 8 and tags.get(PLANES, 1) != 1:
        raise ValueError("16 bits a colour, each colour in a plane of its own; save it with the colours side by side")
    return image.format in ("PNG", "TIFF") and ";16" in _raw(image)[1:] and not image.mode.startswith("I")


def read_deep(file: Path | IO[bytes], page: int, *, upright: bool) -> np.ndarray:
    """The picture `[height, width, channel]`, uint16, turned as the camera was held if `upright`; alpha on black.

    Raises:
        Exception: what Pillow raises of a damaged file.
    """
    with Image.open(file, formats=FORMATS) as image:
        if image.format == "PPM":
            return _pnm(image)
        raw, clear = _raw(image), image.info.get("transparency")
    if raw == GREY_ALPHA:
        x = _bytes(file, page, upright, lambda _: "RGBA").astype(np.uint16)
        x = x[..., ::2] << 8 | x[..., 1::2]
    else:
        high, low = (_bytes(file, page, upright, order).astype(np.uint16) for order in (str, _other))
        x = high << 8 | low
    if isinstance(clear, tuple):  # one colour of a PNG stands for what is not there
        return np.where((x == clear).all(-1, keepdims=True), np.uint16(0), x)
    return _on_black(x)


def luma(x: np.ndarray) -> np.ndarray:
    """Grey of colours `[…, 3]`, by the weights of ITU-R BT.601 that Pillow goes by, `[…, 1]`."""
    grey = (x.astype(np.uint32) @ np.array([19595, 38470, 7471], np.uint32)[:, None] + 32768) >> 16
    return grey.astype(np.uint16)


def _raw(image: Image.Image) -> str:
    """How Pillow is to unpack pixels; "" where it does not say."""
    tile: Any = getattr(image, "tile", None)
    said = tile[0].args if tile else ""
    return str(said if isinstance(said, str) or not said else said[0])


def _other(raw: str) -> str:
    return raw[:-1] + OTHER[raw[-1]]


def _bytes(file: Path | IO[bytes], page: int, upright: bool, order: Callable[[str], str]) -> np.ndarray:
    """A byte of each sample, `[height, width, channel]`, where pixels are unpacked as `order` says."""
    with Image.open(file, formats=FORMATS) as image:
        if page:
            image.seek(page)
        opened: Any = image
        opened.tile = [tile._replace(args=_ordered(tile.args, order)) for tile in opened.tile]
        return np.asarray(ImageOps.exif_transpose(image) if upright else image)


def _ordered(args: Any, order: Callable[[str], str]) -> Any:
    """What a tile says of its pixels, their raw mode changed by `order`."""
    return order(args) if isinstance(args, str) else (order(args[0]), *args[1:])


def _on_black(x: np.ndarray) -> np.ndarray:
    if x.shape[-1] in (1, 3):
        return x
    x = x.astype(np.uint32)
    return ((x[..., :-1] * x[..., -1:] + WHITE // 2) // WHITE).astype(np.uint16)


def _pnm_head(image: Any) -> tuple[int, int, int, int]:
    """Where the pixels of a PNM file begin, its width, height and largest value; 0 where it is written in words."""
    file = image.fp
    file.seek(0)
    found = PNM.match(file.read(4096))
    return (found.end(), int(found[2]), int(found[3]), int(found[4])) if found else (0, 0, 0, 0)


def _pnm(image: Any) -> np.ndarray:
    """
    Raises:
        ValueError: the file ends too early.
    """
    start, width, height, top = _pnm_head(image)
    channels = 1 if image.mode in ("L", "I") else 3
    file = image.fp
    file.seek(start)
    x = np.frombuffer(file.read(2 * width * height * channels), ">u2")
    share = np.minimum(x, top).reshape(height, width, channels).astype(np.uint32) * WHITE
    return ((share + top // 2) // top).astype(np.uint16)
