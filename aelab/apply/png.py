"""Events as pictures of 8 or 16 bits, and those as PNG files."""

import io
import struct
import zlib

import numpy as np

from aelab.data.normalise import normalise
from aelab.data.source import Spec


def pixels(x: np.ndarray, spec: Spec, *, stored: bool = False) -> np.ndarray:
    """An event in the units in which it came, `[height, width, channel]`, as bytes, or of 16 bits.

    What a model sees as 0 is black, what it sees as 1 is white; or the values stay as they are `stored`.
    """
    dtype, most = (np.uint16, 65535) if spec.dtype == "uint16" else (np.uint8, 255)
    shares = x.dtype.kind == "f" and np.dtype(spec.dtype).kind != "f"  # what came as shares left as shares
    if x.dtype == dtype and (stored or spec.values == "real"):
        return x
    share = x if shares else normalise(x.astype(np.float64), spec)
    if stored and shares:  # as a picture of the set, which may not use all bits
        share = (share * np.asarray(spec.scale) + np.asarray(spec.shift)) / most
    return np.rint(np.clip(share, 0, 1) * most).astype(dtype)


def png(x: np.ndarray) -> bytes:
    """A PNG file of pixels `[height, width, 1 or 3]`; Pillow writes no colours of 16 bits."""
    if x.dtype == np.uint16:
        return _deep(x)
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(x[..., 0] if x.shape[-1] == 1 else x).save(file, "PNG")
    return file.getvalue()


def _deep(x: np.ndarray) -> bytes:
    """16 bits a colour (ISO/IEC 15948): each row behind a 0, which says that it is not filtered."""
    height, width, channels = x.shape
    rows = np.ascontiguousarray(x, ">u2").reshape(height, -1).view(np.uint8)
    data = zlib.compress(np.pad(rows, [(0, 0), (1, 0)]).tobytes())
    header = struct.pack(">IIBBBBB", width, height, 16, 0 if channels == 1 else 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", data), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )
