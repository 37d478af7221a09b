"""Which files of a folder are pictures, of which split and of which class; what else lies there is counted."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from aelab.data.files import reading, shown
from aelab.data.pictures import SUFFIXES
from aelab.errors import DataError

# Names of folders that are splits rather than classes.
PARTS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("val", "valid", "validation"), "held_out"),
}


def parts_of(folder: Path, others: Counter[str]) -> dict[str, tuple[Path, list[Path]]]:
    """By split its folder and the pictures below it, by path; all are for training where no folder is called that.

    `others` counts what else is there, by suffix.

    Raises:
        DataError: no pictures, or some beside the folders of splits.
    """
    found = list(walk(folder, (), others))
    names = {
        PARTS[path.name.lower()]: path for path in folder.iterdir() if path.name.lower() in PARTS and path.is_dir()
    }
    if not found:
        raise DataError(f"{shown(folder)}: no pictures in it ({', '.join(SUFFIXES)}); at least 3 are needed")
    if "train" not in names:
        return {"train": (folder, found)}
    parts = {role: (where, [path for path in found if where in path.parents]) for role, where in names.items()}
    outside = set(found).difference(*(files for _, files in parts.values()))
    if outside:
        raise DataError(f"{shown(min(outside))}: neither in the folder for training nor in the one for testing")
    return {role: part for role, part in parts.items() if part[1]}


def walk(folder: Path, above: tuple[tuple[int, int], ...] = (), others: Counter[str] | None = None) -> Iterator[Path]:
    """The pictures in a folder and the folders below it, hidden ones left out, by name; links are followed.

    `others` counts the other files, by suffix.

    Raises:
        DataError: a link leads back to a folder above it or to nothing, a name is not UTF-8, nothing may be read.
    """
    with reading(folder):
        status = folder.stat()
        here = (status.st_dev, status.st_ino)
        if here in above:
            raise ValueError("a symbolic link leads back to a folder above it: remove it")
        entries = sorted(folder.iterdir(), key=lambda path: os.fsencode(path.name))
    for path in entries:
        if path.name.startswith((".", "__MACOSX")):
            continue
        with reading(path):
            if any("\udc80" <= letter <= "\udcff" for letter in path.name):  # how Python spells bytes that are no text
                raise ValueError("its name is not UTF-8; rename it")
            if path.is_dir():
                yield from walk(path, (*above, here), others)
            elif path.suffix.lower() in SUFFIXES:
                if not path.is_file():
                    raise ValueError("no file, or a symbolic link that leads to none")
                yield path
            elif others is not None:
                others[shown(path.suffix.lower()) or "without a suffix"] += 1


def classes_of(folder: Path, files: list[Path]) -> np.ndarray | None:
    """The sub-folder that each file lies in; None where they lie in none.

    Raises:
        DataError: some do and some do not.
    """
    names = ["".join(path.relative_to(folder).parts[:-1][:1]) for path in files]
    if "" in names and any(names):
        raise DataError(
            f"{shown(files[names.index('')])}: beside folders of classes; move it into one, or all out of them"
        )
    return np.array(names) if any(names) else None
