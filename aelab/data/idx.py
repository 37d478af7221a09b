"""IDX files, gzipped or not: the format of MNIST (LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist)."""

from pathlib import Path
from typing import IO

import numpy as np

from aelab.config import DataOptions
from aelab.data.files import file_of, fill, shown, unpacked
from aelab.data.own import Part, assemble
from aelab.data.source import Splits
from aelab.errors import DataError

Pair = tuple[np.ndarray, np.ndarray]  # images, shape (n, height, width), and labels, shape (n,)

TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}  # by the third byte of a file


def read(path: Path) -> np.ndarray:
    """The array of one file, in the byte order of the machine.

    Raises:
        DataError: missing, truncated, damaged, not IDX, or of another size than its header says.
    """
    with unpacked(path) as file:
        return _parse(file)


def _parse(file: IO[bytes]) -> np.ndarray:
    """Two zero bytes, type, number of axes, their lengths, and the data: all that the header says and no byte more."""
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0" or magic[2] not in TYPES or not 1 <= magic[3] <= 8:
        raise ValueError(f"not an IDX file, it starts with {magic!r}")
    dtype, axes = np.dtype(TYPES[magic[2]]), magic[3]
    header = file.read(4 * axes)
    if len(header) < 4 * axes:
        raise ValueError("its header is cut off")
    x = fill(file, tuple(np.frombuffer(header, ">u4").tolist()), dtype)
    return x.astype(dtype.newbyteorder("="), copy=False)


def load(options: DataOptions) -> Splits:
    """`idx:FOLDER`: files named as MNIST's, with or without `.gz`; labels and the test set may be missing.

    `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, and `t10k` or `test` for `train`; any number of axes will do.
    A set's name may stand before, as in `emnist-letters-train-images-idx3-ubyte.gz`.

    Raises:
        DataError: no such folder, files missing or broken, or labels that do not match.
    """
    folder = file_of(options.data, "folder")
    found = {"train": _part(folder, "train"), "test": _part(folder, "t10k") or _part(folder, "test")}
    parts = {role: part for role, part in found.items() if part}
    if "train" not in parts:
        names = "train-images-idx3-ubyte[.gz], train-labels-idx1-ubyte[.gz] and t10k-… for the test set"
        raise DataError(f"{shown(folder)}: no file of training events; the names looked for are {names}")
    return assemble(options, parts)


def _part(folder: Path, split: str) -> Part | None:
    events, labels = (_one(folder, split, word) for word in ("images", "labels"))
    if events is None:
        return None
    return Part(read(events), None if labels is None else read(labels), events)


def _one(folder: Path, split: str, word: str) -> Path | None:
    """The file whose name says both, a gzipped one before its plain copy as in `read_folder`.

    Raises:
        DataError: there are several, as where a folder holds all sets of EMNIST.
    """
    mnist = sorted(path for path in folder.glob(f"{split}*{word}*idx*") if path.is_file())
    found = mnist or sorted(path for path in folder.glob(f"*-{split}-{word}*idx*") if path.is_file())
    names = sorted({path.name.removesuffix(".gz") for path in found})
    if len(names) > 1 and not mnist:
        raise DataError(f"{shown(folder)}: which set is wanted? keep one in it, of {', '.join(map(shown, names))}")
    return found[-1] if found else None


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
