"""sha256 of trees of arrays: what says whether two states are the same, and which of their leaves is not."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

PyTree = Any


def leaf_digests(tree: PyTree) -> dict[str, str]:
    """sha256 of every leaf by its path: over path, dtype, shape and bytes."""
    digests = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        array, name = np.asarray(leaf), jax.tree_util.keystr(path)
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
