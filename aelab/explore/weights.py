"""Numbers of a model as text, to be kept inside a page."""

import base64
from typing import Any

import numpy as np


class Weights:
    """Arrays one behind the other; equal ones are kept once.

    With `half`, those of more than `SMALL` numbers are rounded to float16 (IEEE 754 binary16), which keeps 11 bits.
    """

    SMALL = 256

    def __init__(self, *, half: bool = False):
        self.half = half
        self.arrays: list[np.ndarray] = []
        self._known: dict[bytes, int] = {}

    def add(self, array: np.ndarray) -> int:
        """The number of an array in this store."""
        flat = np.ascontiguousarray(array, np.float32).ravel()
        if self.half and flat.size > self.SMALL:
            flat = flat.astype(np.float16)
        number = self._known.setdefault(flat.tobytes(), len(self.arrays))
        if number == len(self.arrays):
            self.arrays.append(flat)
        return number

    def as_json(self) -> dict[str, Any]:
        """`bytes` in base64, little-endian, and of each array its first byte, its size and whether it is of halves."""
        pieces, table, at = [], [], 0
        for array in self.arrays:
            data = array.astype(array.dtype.newbyteorder("<")).tobytes()
            data += b"\0" * (-len(data) % 4)
            table.append([at, array.size, int(array.dtype == np.float16)])
            pieces.append(data)
            at += len(data)
        return {"bytes": base64.b64encode(b"".join(pieces)).decode(), "arrays": table}
