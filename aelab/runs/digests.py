"""sha256 of trees of arrays: what says whether two states are the same, and which of their leaves is not.

A row of `digests.jsonl` has the sha256 of a whole state, which says whether two states are equal. `leaves` are there to
name the leaf that differs: the first digits of each, one after the other, in the order of the state. They stop where
the file has come to some size, for a long run would fill it with them. Older rows hold the whole sha256 of each leaf
by its path.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

PyTree = Any
DIGITS = 4  # of each leaf in a row: two leaves that differ share them once in 65,536


def leaf_digests(tree: PyTree, fetch: Callable[[Any], np.ndarray] = np.asarray) -> dict[str, str]:
    """sha256 of every leaf by its path: over path, dtype, shape and bytes. `fetch` brings one leaf here at a time."""
    digests = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        array, name = fetch(leaf), jax.tree_util.keystr(path)
        header = f"{name} {array.dtype} {array.shape} ".encode()
        digests[name] = hashlib.sha256(header + np.ascontiguousarray(array).tobytes()).hexdigest()
    return digests


def digest(tree: PyTree) -> str:
    """One sha256 for a whole tree."""
    return joined(leaf_digests(tree))


def joined(leaves: Mapping[str, str]) -> str:
    """The sha256 of a tree from those of its leaves."""
    return json_digest(dict(leaves))


def json_digest(value: Any) -> str:
    """sha256 of a JSON value, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def first_difference(one: Mapping[str, str], other: Mapping[str, str]) -> str | None:
    """The first leaf, in the order of the state, that only one tree has or that differs; None where they are equal."""
    return next((name for name in {**one, **other} if one.get(name) != other.get(name)), None)


def row(step: int, leaves: Mapping[str, str], *, named: bool = True) -> dict[str, Any]:
    """The row of a state from the digests of its leaves; `named` gives the digits of each."""
    short = {"leaves": "".join(digest[:DIGITS] for digest in leaves.values())} if named else {}
    return {"step": step, "state": joined(leaves), **short}


def state_digest(row: Mapping[str, Any]) -> str:
    """The sha256 of a row's state; of an older row, that of its leaves as they stand there."""
    leaves = row.get("leaves")
    return joined(leaves) if isinstance(leaves, Mapping) else row["state"]


def difference(one: Mapping[str, Any], other: Mapping[str, Any], names: Sequence[str]) -> str | None:
    """What differs between the states of two rows: None, the first leaf by its name, or "the state" where rows tell
    no more. `names` are those of all leaves, in the order of the state."""
    if state_digest(one) == state_digest(other):
        return None
    here, there = (_short(each) for each in (one, other))
    differing = (name for name, a, b in zip(names, here, there, strict=False) if a != b)
    return next(differing, "the state") if len(here) == len(there) == len(names) else "the state"


def _short(row: Mapping[str, Any]) -> list[str]:
    """The first digits of each leaf."""
    leaves = row.get("leaves", "")
    if isinstance(leaves, Mapping):
        return [digest[:DIGITS] for digest in leaves.values()]
    return [leaves[i : i + DIGITS] for i in range(0, len(leaves), DIGITS)]
