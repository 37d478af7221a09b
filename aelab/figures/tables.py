"""The figures of `grids` for events that are rows of a table: numbers and words, where lines would say nothing.

Beside what the grids are drawn from, they read `texts`, in the place of `events`, and `columns`, their names.
"""

from collections.abc import Callable, Mapping

import numpy as np
from matplotlib.figure import Figure

from aelab.figures.paper import number
from aelab.figures.rows import MOST, cut, table
from aelab.figures.tiles import tiles

Arrays = Mapping[str, np.ndarray]

ROWS, GROUPS, EACH = 12, 6, 3  # rows that stand alone, groups of rows, and rows of a class or a setting


def either(grid: Callable[[Arrays], Figure], rows: Callable[[Arrays], Figure]) -> Callable[[Arrays], Figure]:
    """The figure of events that are rows of a table, or of others."""
    return lambda arrays: rows(arrays) if "columns" in arrays else grid(arrays)


def samples(arrays: Arrays) -> Figure:
    """Samples from the prior, `texts` [n, column]."""
    return table(arrays, arrays["texts"][None, :ROWS], "Samples from the prior")


def class_samples(arrays: Arrays) -> Figure:
    """Samples of each class, `texts` [class, n, column], and `rows` [class], their names."""
    return table(arrays, arrays["texts"][:, :EACH], "Samples of each class", heads=[*map(str, arrays["rows"])])


def completions(arrays: Arrays) -> Figure:
    """`originals` [n, column], `inputs` (if there are any), and draws given these, `texts` [n, draw, column]."""
    words = {"originals": "event", "inputs": "condition"}
    names = [name for name in words if name in arrays]
    lines = np.concatenate([*(arrays[name][:, None] for name in names), arrays["texts"][:, :EACH]], 1)
    labels = [*(words[name] for name in names), *(f"draw {i + 1}" for i in range(lines.shape[1] - len(names)))]
    return table(arrays, lines[:GROUPS], "One condition, several completions", labels=labels)


def interpolations(arrays: Arrays) -> Figure:
    """From one code to another, `texts` [row, step, column]."""
    lines = arrays["texts"][:EACH]
    between = [f"{100 * i / (lines.shape[1] - 1):.0f} %" for i in range(1, lines.shape[1] - 1)]
    return table(arrays, lines, "From one code to another", labels=["from", *between, "to"])


def traversals(arrays: Arrays) -> Figure:
    """One code number changes, the others stay: `texts` [dim, step, column], `values`, `kl`, `dims`, `names` as there.

    Every second step of the most informative numbers is shown.
    """
    dims = arrays.get("dims", np.arange(len(arrays["kl"])))
    names = arrays.get("names", [f"z{dim + 1}" for dim in dims])
    heads = [f"{name}   {number(kl, 2)} nats" for name, kl in zip(names, arrays["kl"], strict=True)]
    title = f"One code number changes, {'the layers below it follow' if 'names' in arrays else 'the others stay'}"
    labels = [f"{number(value)} sd" for value in arrays["values"][::2]]
    return table(arrays, arrays["texts"][:GROUPS, ::2], title, heads=heads[:GROUPS], labels=labels)


def manifold(arrays: Arrays) -> Figure:
    """The plane of a code of two numbers, a map for each entry of a row: `maps` [entry, row, column], and `entries`,
    their names.

    Each map goes from black to white over its own range.
    """
    maps = arrays["maps"][:MOST]
    low, high = (end(maps, axis=(1, 2), keepdims=True) for end in (np.min, np.max))
    shares = (maps - low) / np.where(high > low, high - low, 1)
    names = [*cut(arrays["entries"][:MOST], 10)]
    title = "What each place of the code decodes to, column by column: black is the least, white the most"
    return tiles(shares[None, ..., None], title=title, columns=names, x_label="z1", y_label="z2", limits=(0, 1))


def comparison(arrays: Arrays) -> Figure:
    """Versions of rows, under each other: `texts` [version, n, column], `rows` [version], `title`."""
    return table(arrays, arrays["texts"][:, :EACH], str(arrays["title"]), heads=[*map(str, arrays["rows"])])
