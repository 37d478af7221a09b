"""The figures that are grids of events: what the model rebuilds, makes up, and passes through on the way."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from aelab.figures import long
from aelab.figures.paper import number
from aelab.figures.tiles import span, tiles

Arrays = Mapping[str, np.ndarray]


def reconstructions(arrays: Arrays) -> Figure:
    """`originals` over `inputs` (if they were corrupted) over `rebuilt`, each [n, *event]."""
    names = [name for name in ("originals", "inputs", "rebuilt") if name in arrays]
    few = long.first(len(arrays["originals"]), arrays["originals"].shape[1:])
    events = np.stack([arrays[name][few] for name in names])
    under = np.full(events.shape, np.nan)
    under[-1] = arrays["originals"][few]
    return tiles(
        events,
        title="Reconstructions",
        rows=[{"originals": "original", "inputs": "input"}.get(name, name) for name in names],
        limits=arrays.get("limits", span(np.stack([arrays["originals"], arrays["rebuilt"]]))),
        behind=under,
    )


def samples(arrays: Arrays) -> Figure:
    """Samples from the prior, `events` [n, *event], in a grid about as wide as high."""
    events = arrays["events"].astype(np.float32)
    events = events[long.first(len(events), events.shape[1:], 4 * long.ABREAST)]
    columns = long.ABREAST if long.is_long(events.shape[1:]) else int(np.ceil(np.sqrt(len(events))))
    short = -len(events) % columns
    events = np.concatenate([events, np.full((short, *events.shape[1:]), np.nan, np.float32)])
    events = events.reshape(-1, columns, *events.shape[1:])
    return tiles(events, title="Samples from the prior", limits=arrays.get("limits"))


def nearest(arrays: Arrays) -> Figure:
    """`samples` [n, *event] over the training events they are nearest to, `train` [n, *event]."""
    events = np.stack([arrays["samples"], arrays["train"]]).astype(np.float32)
    return tiles(
        events[:, long.first(events.shape[1], events.shape[2:])],
        title="Samples and what they are nearest to",
        rows=["sample", "nearest"],
        limits=arrays.get("limits"),
    )


def class_samples(arrays: Arrays) -> Figure:
    """Samples of each class, `events` [class, n, *event], and `rows` [class], their names."""
    events = arrays["events"]
    return tiles(
        events[:, long.first(events.shape[1], events.shape[2:])],
        title="Samples of each class",
        rows=[*map(str, arrays["rows"])],
        limits=arrays.get("limits"),
    )


def completions(arrays: Arrays) -> Figure:
    """`originals` [n, *event], `inputs` (if there are any), and draws given these, `events` [n, draw, *event]."""
    names = [name for name in ("originals", "inputs") if name in arrays]
    few = long.first(arrays["events"].shape[1], arrays["events"].shape[2:])
    events = np.concatenate([*(arrays[name][:, None] for name in names), arrays["events"][:, few]], 1)
    draws = [str(i + 1) for i in few]
    words = {"originals": "event", "inputs": "condition"}
    title = "One condition, several completions"
    return tiles(events, title=title, columns=[*(words[name] for name in names), *draws], limits=arrays.get("limits"))


def interpolations(arrays: Arrays) -> Figure:
    """From one code to another, `events` [row, step, *event]."""
    events = arrays["events"]
    last, few = events.shape[1] - 1, long.stages(events.shape[1], events.shape[2:])
    between = [f"{100 * i / last:.0f} %" for i in few[1:-1]]
    return tiles(
        events[:, few], title="From one code to another", columns=["from", *between, "to"], limits=arrays.get("limits")
    )


def traversals(arrays: Arrays) -> Figure:
    """One code number changes, the others stay: `events` [dim, step, *event], `values` [step], `kl` [dim] in nats.

    `dims` [dim] says which number a row changes, counted from 0; it is written as z1 and so on, as in the papers. Where
    a code has several layers, `names` [dim] says it.
    """
    dims = arrays.get("dims", np.arange(len(arrays["kl"])))
    names = arrays.get("names", [f"z{dim + 1}" for dim in dims])
    few = long.stages(arrays["events"].shape[1], arrays["events"].shape[2:])
    return tiles(
        arrays["events"][:, few],
        title=f"One code number changes, {'the layers below it follow' if 'names' in arrays else 'the others stay'}",
        rows=[f"{name}   {number(kl, 2)} nats" for name, kl in zip(names, arrays["kl"], strict=True)],
        columns=[number(value) for value in arrays["values"][few]],
        x_label="prior standard deviations",
        limits=arrays.get("limits"),
    )


def manifold(arrays: Arrays) -> Figure:
    """The plane of a code of two numbers: `events` [row, column, *event], `values` [column] of either number, rising.

    Row 0 is at the top, where z2 is largest.
    """
    few = long.stages(len(arrays["values"]), arrays["events"].shape[2:])
    values, events = arrays["values"][few], arrays["events"][few][:, few]
    labelled = np.linspace(0, len(values) - 1, 5).round()
    labels = [number(value) if i in labelled else "" for i, value in enumerate(values)]
    return tiles(
        events,
        title="What each place of the code decodes to",
        rows=labels[::-1],
        columns=labels,
        x_label="z1",
        y_label="z2",
        limits=arrays.get("limits"),
    )


def comparison(arrays: Arrays) -> Figure:
    """Versions of the same events, under each other: `events` [version, n, *event], `rows` [version], `title`."""
    events = arrays["events"]
    return tiles(
        events[:, long.first(events.shape[1], events.shape[2:])],
        title=str(arrays["title"]),
        rows=[*map(str, arrays["rows"])],
        limits=arrays.get("limits"),
    )
