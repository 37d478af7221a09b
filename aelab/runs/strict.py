"""JSON that every reader accepts: it has no word for NaN and the infinities, which Python writes all the same."""

import json
import math
from collections.abc import Iterator
from typing import Any

from aelab.errors import NonFiniteError


def strict(value: Any, where: object, indent: int = 2) -> str:
    """The text of a JSON file.

    Raises:
        NonFiniteError: a number of it is not finite; `where` names the file.
    """
    for path, number in _not_finite(value):
        raise NonFiniteError(
            f"{where}: {path} is {number}, which JSON cannot hold; leave out what it was computed from"
        )
    return json.dumps(value, indent=indent, allow_nan=False) + "\n"


def _not_finite(value: Any, path: str = "") -> Iterator[tuple[str, float]]:
    """The numbers that are not, and where they stand, as `rows.3.psnr`."""
    if isinstance(value, float) and not math.isfinite(value):
        yield path.removeprefix("."), value
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list | tuple) else ()
    for name, part in inside:
        yield from _not_finite(part, f"{path}.{name}")
