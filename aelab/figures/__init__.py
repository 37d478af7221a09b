"""Figures, each drawn from plain arrays that are stored beside it: no model is needed to draw it again.

The keys and shapes a figure needs stand in the docstring of its function. Where there are events, `limits` [2] may say
which values are black and white (0 and 1 for data in the unit range); without it the values decide.
"""

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from aelab.data.files import read_npy
from aelab.errors import DataError
from aelab.figures import paper, tables
from aelab.figures.aggregate import aggregate
from aelab.figures.codes import codes
from aelab.figures.confusion import confusion
from aelab.figures.curves import curves
from aelab.figures.errors import errors
from aelab.figures.features import features
from aelab.figures.fields import fields, heat, parallel
from aelab.figures.grids import (
    class_samples,
    comparison,
    completions,
    interpolations,
    manifold,
    nearest,
    reconstructions,
    samples,
    traversals,
)
from aelab.figures.maps import maps
from aelab.figures.rows import rows
from aelab.figures.tables import either
from aelab.figures.tradeoff import tradeoff
from aelab.runs import untrusted
from aelab.runs.atomic import storing, write_atomically
from aelab.runs.history import gather

__all__ = ["draw", "gather", "png", "redraw", "save"]

LARGEST = 256 << 20  # bytes of the arrays of a figure

draw: dict[str, Callable[[Mapping[str, np.ndarray]], Figure]] = {
    "reconstructions": reconstructions,
    "rows": rows,
    "samples": either(samples, tables.samples),
    "nearest": nearest,
    "class_samples": either(class_samples, tables.class_samples),
    "completions": either(completions, tables.completions),
    "interpolations": either(interpolations, tables.interpolations),
    "traversals": either(traversals, tables.traversals),
    "manifold": either(manifold, tables.manifold),
    "aggregate": aggregate,
    "codes": codes,
    "comparison": either(comparison, tables.comparison),
    "curves": curves,
    "maps": maps,
    "confusion": confusion,
    "errors": errors,
    "features": features,
    "fields": fields,
    "heat": heat,
    "parallel": parallel,
    "tradeoff": tradeoff,
}


def png(name: str, arrays: Mapping[str, np.ndarray]) -> bytes:
    """The figure of that name as a PNG file; equal arrays give equal bytes."""
    with paper.style():
        return paper.png(draw[name](arrays))


def save(folder: Path, name: str, arrays: Mapping[str, np.ndarray], *, drawn: bool = True) -> None:
    """Write `<name>.npz` and, drawn from what stands in it, `<name>.png`; without `drawn` the first alone.

    Raises:
        StorageError: the folder cannot be written.
        ValueError: an array holds Python objects.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    picture = png(name, _arrays(buffer.getvalue())) if drawn else None
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / f"{name}.npz", buffer.getvalue())
    if picture is not None:
        write_atomically(folder / f"{name}.png", picture)


def redraw(folder: Path) -> None:
    """Draw every PNG of a folder again from the arrays beside it; files of other names are left alone.

    Raises:
        DataError: a file of arrays is broken.
        StorageError: the folder cannot be written.
    """
    untrusted.require_plain(folder)
    untrusted.require_no_links(folder)
    for path in sorted(folder.glob("*.npz")):
        if path.stem in draw:
            try:
                picture = png(path.stem, _arrays(untrusted.read(path, LARGEST)))
            except (ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as error:
                raise DataError(f"{path}: cannot be drawn ({error}); remove it or evaluate the run again") from None
            write_atomically(path.with_suffix(".png"), picture)


def _arrays(npz: bytes) -> dict[str, np.ndarray]:
    """The arrays of a `.npz` file, none of which may claim to be larger than its part of the file says.

    Raises:
        ValueError: broken, too large, or a pickle.
    """
    arrays = {}
    with zipfile.ZipFile(io.BytesIO(npz)) as archive:
        if (size := sum(part.file_size for part in archive.infolist())) > LARGEST:
            raise ValueError(f"{size >> 20} MiB, more than the {LARGEST >> 20} that are drawn")
        for part in archive.infolist():
            with archive.open(part) as member:
                arrays[part.filename.removesuffix(".npy")] = read_npy(member)
    return arrays
