"""Arrays that are mapped from a file: read where they are looked at, and given back to the system behind that."""

import mmap
from typing import Any

import numpy as np

MAPPED = 64 << 20  # bytes; a larger file is mapped and not read


def mapping(x: np.ndarray) -> mmap.mmap | None:
    """The map of the file that an array, or what it is a view of, lies in; None for one in memory, or to be written."""
    base: Any = x
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) and not x.flags.writeable else None


def give_back(file: mmap.mmap | None) -> None:
    """Let the system have the memory of what was read from a map. Whoever looks again reads again.

    Without it, all that was ever looked at would count as memory of this process.
    """
    if file is not None and hasattr(mmap, "MADV_DONTNEED"):  # there is none on Windows
        file.madvise(mmap.MADV_DONTNEED)
