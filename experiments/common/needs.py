"""What a table needs of its set: asked in one place, before anything trains."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from aelab.errors import DataError

KINDS = {1: "vectors", 2: "series", 3: "images"}  # by the number of an event's axes
LOOKED_AT = 1000  # events a time, where one is sought that differs from the first


class Needs(NamedTuple):
    """Of a set; a split that is not named in `least` may have one event, or in place of validation none."""

    kinds: Sequence[str] = tuple(KINDS.values())
    whole: bool = True  # events of one length
    unit: bool = False  # values in [0, 1]
    classes: int = 0  # different ones, at least
    least: Mapping[str, int] = MappingProxyType({})  # how many events there must be at least, by split


# Of a table that says by how much ours leads: an interval is over other draws of the test events, and one event has
# no other draw; classical methods are fitted to training events, and one event has no variance.
LEADS = {"train": 2, "test": 2}


def require(name: str, splits: Any, needs: Needs) -> None:
    """A set meets what a table needs of it.

    Raises:
        DataError: it does not.
    """
    from aelab.data.files import shown

    spec, kind, said = splits.spec, KINDS[len(splits.spec.shape)], f"--data: {shown(name)}"
    if kind not in needs.kinds:
        raise DataError(f"{said}: its events are {kind}; this table is of {' or '.join(needs.kinds)}: take such a set")
    if needs.unit and spec.values != "unit":
        raise DataError(f"{said}: its values are any real numbers; this table is of values in [0, 1]: take such a set")
    if needs.whole and spec.lengths:
        raise DataError(f"{said}: its series differ in length; this table needs series of one length: cut or fill them")
    if spec.missing:
        raise DataError(
            f"{said}: entries are missing, which the classical methods of a table cannot leave out; fill them "
            "in, or train a net alone, by aelab train with --missing mask"
        )
    if len(spec.classes) < needs.classes:
        have = (
            f"its only class is {', '.join(map(shown, spec.classes))}" if spec.classes else "its events have no classes"
        )
        raise DataError(f"{said}: {have}; this table needs {needs.classes} or more: take a set with labels")
    require_events(name, splits, needs.least)
    if _alike(splits.train):
        raise DataError(f"{said}: all training events are alike; take a set whose events differ")


def require_events(
    name: str,
    splits: Any,
    least: Mapping[str, int],
    groups: Mapping[str, Sequence[int]] | None = None,
    remedy: str = "take a larger set",
) -> None:
    """Each split has as many events as it needs, or as many of each of the `groups` of labels, by their names.

    Raises:
        DataError: it has fewer; the line ends in the `remedy`.
    """
    from aelab.data.files import shown

    for split, enough in least.items():
        for what, group in (groups or {"": None}).items():
            count = _count(getattr(splits, split), group)
            if count < enough:
                word = {"train": "training"}.get(split, split)
                have = f"{count} {word} event{'s' * (count != 1)}{f' of {shown(what)}' * bool(what)}"
                raise DataError(f"--data: {shown(name)}: {have}; this table needs {enough} or more: {remedy}")


def _count(source: Any, group: Sequence[int] | None) -> int:
    """How many events a split has, which may be None, or how many of a group of labels."""
    import numpy as np

    from aelab.data.arrays import labels

    if source is None or group is None:
        return 0 if source is None else len(source)
    return int(np.isin(np.asarray(labels(source)), group).sum())


def _alike(source: Any) -> bool:
    """Whether all events of a source are equal, as stored."""
    import numpy as np

    first = source.get_batch(np.arange(1))["x"]
    starts = range(0, len(source), LOOKED_AT)
    blocks = (source.get_batch(np.arange(i, min(i + LOOKED_AT, len(source))))["x"] for i in starts)
    return len(source) > 1 and all((block == first).all() for block in blocks)
