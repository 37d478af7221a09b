"""IDX files, gzipped or not: the format of MNIST (LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist)."""

import gzip
import math
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from aelab.data.arrays import reason
from aelab.errors import DataError

Pair = tuple[np.ndarray, np.ndarray]  # images, shape (n, height, width), and labels, shape (n,)

TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # by the third byte of a file
LIMIT = 4 << 30  # bytes; no honest header asks for more


def read(path: Path) -> np.ndarray:
    """The array of one file, in the byte order of the machine.

    Raises:
        DataError: missing, truncated, damaged, not IDX, or of another size than its header says.
    """
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            return _parse(gzip.open(file) if zipped else file)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from error


def _parse(file: BinaryIO | gzip.GzipFile) -> np.ndarray:
    """Two zero bytes, type, number of axes, their lengths, and the data: all that the header says and no byte more."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= 8:
        raise ValueError(f"not an IDX file, it starts with {magic!r}")
    dtype, axes = np.dtype(TYPES[magic[2]]), magic[3]
    header = file.read(4 * axes)
    if len(header) < 4 * axes:
        raise ValueError("its header is cut off")
    shape = np.frombuffer(header, ">u4").tolist()
    size = math.prod(shape) * dtype.itemsize  # Python integers: no overflow
    if size > LIMIT:
        raise ValueError(f"its header asks for {size} bytes, more than {LIMIT}")
    data = file.read(size + 1)  # one more shows an excess, and lets gzip compare its checksum
    if len(data) != size:
        raise ValueError(f"its header says {size} bytes of data, there are {'fewer' if len(data) < size else 'more'}")
    return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def read_folder(folder: Path) -> tuple[Pair, Pair]:
    """Train and test of a folder with the four canonical names, each with or without `.gz`.

    Raises:
        DataError: a file is missing or broken, or the labels do not match the images.
    """
    return _read_pair(folder, "train"), _read_pair(folder, "t10k")


def _read_pair(folder: Path, split: str) -> Pair:
    images, labels = _find(folder, f"{split}-images-idx3-ubyte"), _find(folder, f"{split}-labels-idx1-ubyte")
    x, label = read(images), read(labels)
    if (x.ndim, x.dtype) != (3, np.uint8) or not x.size:
        raise DataError(f"{images}: not images of bytes: {x.dtype} of shape {x.shape}")
    if (label.shape, label.dtype) != (x.shape[:1], np.uint8):
        raise DataError(f"{labels}: {label.dtype} of shape {label.shape} cannot label {len(x)} images")
    return x, label


def _find(folder: Path, stem: str) -> Path:
    zipped, plain = folder / f"{stem}.gz", folder / stem
    return plain if plain.exists() and not zipped.exists() else zipped
