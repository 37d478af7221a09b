"""`npz:FILE` and `npy:FILE`: arrays saved by numpy, pickles refused."""

from pathlib import Path

import numpy as np

from aelab.config import DataOptions
from aelab.data import row_names
from aelab.data.files import archive, by_role, file_of, npy_header, read_npy, reading, shown, sibling, unpacked
from aelab.data.labels import class_names
from aelab.data.on_disk import MAPPED
from aelab.data.own import Part, assemble
from aelab.data.source import Splits
from aelab.errors import DataError

PARTS = {"train": "train", "test": "test", "val": "held_out", "valid": "held_out", "validation": "held_out"}
WORDS = {
    **dict.fromkeys(("", "x", "images", "data", "events", "features", "arr0"), "x"),
    **dict.fromkeys(("y", "label", "labels", "target", "targets", "classes", "arr1"), "label"),
}


def load(options: DataOptions) -> Splits:
    """One `.npz` file with `x_train`, `y_train`, `x_test` and so on, or a `.npy` file and those beside it.

    Raises:
        DataError: missing, broken, a pickle, or arrays that do not fit together.
    """
    path = file_of(options.data, "file")
    if options.data.startswith("npy:"):
        return assemble(options, {role: _npy_part(file) for role, file in by_role(path).items()})
    return _from_archive(options, path)


def _npy_part(path: Path) -> Part:
    """The array of a file; `y_train.npy` beside `x_train.npy`, or `labels` beside `images`, are its labels."""
    names = sibling(path, ("images", "labels"), ("data", "labels")) or (
        sibling(path, ("x", "y")) if path.name[:1] in "xX" else None
    )
    labels = None if names is None else mapped(names)
    return Part(mapped(path), labels, path, names, notes=row_names.remark(path))


def mapped(path: Path) -> np.ndarray:
    """The array of a `.npy` file; a large one stays on the disk and is read where it is looked at.

    Raises:
        DataError: missing, broken, of another size than its header says, or a pickle.
    """
    with unpacked(path) as file:
        if path.stat().st_size <= MAPPED:
            return read_npy(file)
        npy_header(file)  # says what is wrong in words; the size of the file is compared below
    with reading(path):
        return np.load(path, mmap_mode="r", allow_pickle=False)


def read_npz(path: Path, *keys: str) -> list[np.ndarray]:
    """The arrays called `keys` of a `.npz` file, pickles refused.

    Raises:
        DataError: the file is missing or broken, or lacks a key.
    """
    with archive(path) as file:
        there = {name.removesuffix(".npy"): name for name in file.namelist()}
        found = []
        for key in keys:
            if key not in there:
                raise ValueError(f"no array {key!r} in it, only {', '.join(there) or 'nothing'}")
            with reading(f"{path}, {key}"), file.open(there[key]) as member:
                found.append(read_npy(member))
        return found


def read_events(path: Path) -> np.ndarray:
    """The only array of a `.npz` file, or the one called x, images, data, events or features, perhaps of a split.

    Raises:
        DataError: missing, broken, or none of them.
    """
    with archive(path) as file:
        keys = [name.removesuffix(".npy") for name in file.namelist()]
    found = keys if len(keys) == 1 else [names["x"] for names in _roles(keys).values() if "x" in names]
    if len(found) != 1:
        raise DataError(f"{shown(path)}: which array are the events? wanted one called x, found {', '.join(keys)}")
    return read_npz(path, found[0])[0]


def read_beside(path: Path, name: str) -> np.ndarray | None:
    """The array of a `.npz` file that stands beside its events as `name`, as `label` or `angle`; None if there is none.

    Raises:
        DataError: missing or broken.
    """
    with archive(path) as file:
        keys = [name.removesuffix(".npy") for name in file.namelist()]
    found = [names[name] for names in _roles(keys, name).values() if name in names]
    return read_npz(path, found[0])[0] if len(found) == 1 else None


def read_labelled(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """The events of a `.npz` file, as `read_events` finds them, and their labels as names, where it has some."""
    x, label = read_events(path), read_beside(path, "label")
    if label is None:
        return x, None
    classes, (numbers,) = class_names([label], [len(x)], f"{path}, its labels")
    return x, None if numbers is None else np.array(classes)[numbers]


def _from_archive(options: DataOptions, path: Path) -> Splits:
    with archive(path) as file:
        keys = [name.removesuffix(".npy") for name in file.namelist()]
    roles = {"train": {"x": keys[0]}} if len(keys) == 1 else _roles(keys, options.condition)
    if "x" not in roles.get("train", {}):
        said = ", ".join(map(shown, keys)) or "none"
        raise DataError(
            f"{shown(path)}: which array are the events? wanted: x_train (y_train, x_test …) or x (y), found {said}"
        )
    parts = {}
    for part, names in roles.items():
        if "x" in names:
            arrays = dict(zip(names, read_npz(path, *names.values()), strict=True))
            labelled_by = f"{path}, {names['label']}" if "label" in names else None
            more = {name: array for name, array in arrays.items() if name not in ("x", "label")}
            parts[part] = Part(arrays["x"], arrays.get("label"), f"{path}, {names['x']}", labelled_by, more=more)
    return assemble(options, parts)


def _roles(keys: list[str], condition: str = "none") -> dict[str, dict[str, str]]:
    """`{"train": {"x": "x_train", …}, …}`: which key is what; words in any order, other keys left out.

    The array that is asked for as a `condition` may have any name: `angle`, or `angle_train` and `angle_test`.
    """
    roles: dict[str, dict[str, str]] = {}
    asked = _rest(condition)
    for key in keys:
        part = next((PARTS[word] for word in key.lower().split("_") if word in PARTS), "train")
        rest = _rest(key)
        if rest in WORDS:
            roles.setdefault(part, {}).setdefault(WORDS[rest], key)
        elif rest == asked:
            roles.setdefault(part, {}).setdefault(condition, key)
    return roles


def _rest(key: str) -> str:
    """A key without the word of its split."""
    return "".join(word for word in key.lower().split("_") if word not in PARTS)
