"""Where an event stands in the files that it was read from: its line in a table, its number in an array."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from aelab.data.arrays import pieces
from aelab.data.files import shown
from aelab.data.source import Source

Place = Callable[[int], str]  # what the event of a number is called


def numbered(where: object, what: str = "event") -> Place:
    """Events by their numbers."""
    return lambda index: f"{shown(where)}, {what} {index} counted from 0"


def at_lines(where: object, lines: Sequence[int]) -> Place:
    """Events by the lines that they stand in."""
    return lambda index: f"{shown(where)}, line {lines[index]}"


def place_of(event: np.ndarray, sources: Mapping[str, Source], places: Mapping[str, Place]) -> str:
    """The place of the first of all events that is this one, entry by entry, as it is stored.

    Raises:
        ValueError: there is none.
    """
    for role, source in sources.items():
        start = 0
        for piece in pieces(source):
            x = piece["x"]
            alike = (x == event) | ((x != x) & (event != event))
            found = np.flatnonzero(alike.reshape(len(x), -1).all(1))
            if len(found):
                return places[role](start + int(found[0]))
            start += len(x)
    raise ValueError("no such event")
