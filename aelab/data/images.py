"""`images:FOLDER`: a folder of pictures, flat, one sub-folder a class, or train and test folders of either."""

import hashlib
import logging
import os
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from aelab.config import DataOptions
from aelab.data.arrays import resident
from aelab.data.cache import cached
from aelab.data.files import file_of, reading, shown
from aelab.data.own import class_names, split_roles
from aelab.data.pictures import DECODER, SUFFIXES, Form, Head, decode, look
from aelab.data.source import Source, Spec, Splits
from aelab.errors import DataError

log = logging.getLogger(__name__)

MANY = 20_000  # pictures; decoding more takes long enough to say so
# Names of folders that are splits rather than classes.
PARTS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("val", "valid", "validation"), "held_out"),
}


@dataclass(eq=False)
class Pictures:
    """Files that are decoded when they are asked for."""

    files: list[Path]
    label: np.ndarray | None
    spec: Spec
    form: Form

    def __len__(self) -> int:
        return len(self.files)

    def get_batch(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Events `x` as stored, shape (len(indices), height, width, channel), and `label` where there are classes.

        Raises:
            DataError: a file is damaged.
        """
        with warnings.catch_warnings(), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            warnings.simplefilter("ignore")  # about metadata, which a picture does not need
            x = np.empty((len(indices), *self.spec.shape), self.spec.dtype)
            for row, pixels in zip(x, pool.map(self._decode, indices), strict=True):
                row[...] = pixels
        return {"x": x} if self.label is None else {"x": x, "label": self.label[indices]}

    def _decode(self, index: int) -> np.ndarray:
        with reading(self.files[index]):
            x = decode(self.files[index], self.form)
            if x.shape != self.spec.shape:
                raise ValueError(f"it has become a picture of shape {x.shape}, the set's are {self.spec.shape}")
            return x

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the files' bytes, in order, their labels and the form they are decoded to."""
        digest = hashlib.sha256(f"{self.form} {None if self.label is None else self.label.tolist()}".encode())
        for path in self.files:
            with reading(path):
                digest.update(hashlib.sha256(path.read_bytes()).digest())
        return digest.hexdigest()


def load(options: DataOptions) -> Splits:
    """Pictures of one size, or of any with `image_size`: grey where all are grey, unless `colour` says otherwise.

    Raises:
        DataError: no such folder, no pictures in it, one that is damaged, sizes that differ.
    """
    folder = file_of(options.data, "folder")
    parts = {role: (files, _classes(where, files)) for role, (where, files) in _parts(folder).items()}
    heads = {path: _look(path) for files, _ in parts.values() for path in files}
    form, shape = _form(options, heads)
    if len(heads) > MANY:
        log.warning("%s: decoding %d pictures", shown(folder), len(heads))
    if clear := sum(head.alpha for head in heads.values()):
        log.warning("%s: %d of %d pictures have an alpha channel, laid on black", shown(folder), clear, len(heads))
    names, labels = class_names([label for _, label in parts.values()], [len(f) for f, _ in parts.values()], folder)
    top = 65535 if form.deep else 255
    spec = Spec(shape, "uint16" if form.deep else "uint8", "unit", scale=float(top), levels=top + 1, classes=names)
    sources: dict[str, Source] = {
        role: resident(_decoded(Pictures(files, label, spec, form)))
        for (role, (files, _)), label in zip(parts.items(), labels, strict=True)
    }
    return split_roles(options, sources, folder)


def _decoded(pictures: Pictures) -> Source:
    """The same from the cache, decoded now if these files, unchanged since, never were."""
    files = [(str(path.absolute()), path.stat().st_size, path.stat().st_mtime_ns) for path in pictures.files]
    label = None if pictures.label is None else pictures.label.tolist()
    return cached(f"{DECODER} {pictures.form} {pictures.spec} {label} {files}", pictures)


def _parts(folder: Path) -> dict[str, tuple[Path, list[Path]]]:
    """By split its folder and the pictures below it, by path; all are for training where no folder is called that."""
    found = list(walk(folder, ()))
    names = {
        PARTS[path.name.lower()]: path for path in folder.iterdir() if path.name.lower() in PARTS and path.is_dir()
    }
    if len(found) < 3:
        kinds = ", ".join(SUFFIXES)
        raise DataError(f"{shown(folder)}: {len(found) or 'no'} pictures in it ({kinds}); at least 3 are needed")
    if "train" not in names:
        return {"train": (folder, found)}
    parts = {role: (where, [path for path in found if where in path.parents]) for role, where in names.items()}
    outside = set(found).difference(*(files for _, files in parts.values()))
    if outside:
        raise DataError(f"{shown(min(outside))}: neither in the folder for training nor in the one for testing")
    return {role: part for role, part in parts.items() if part[1]}


def walk(folder: Path, above: tuple[tuple[int, int], ...]) -> Iterator[Path]:
    """The pictures in a folder and the folders below it, hidden ones left out, by name; links are followed.

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
                yield from walk(path, (*above, here))
            elif path.suffix.lower() in SUFFIXES:
                if not path.is_file():
                    raise ValueError("no file, or a symbolic link that leads to none")
                yield path


def _classes(folder: Path, files: list[Path]) -> np.ndarray | None:
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


def _look(path: Path) -> Head:
    with reading(path):
        return look(path)


def _form(options: DataOptions, heads: dict[Path, Head]) -> tuple[Form, tuple[int, int, int]]:
    """What all pictures become, and the shape of an event.

    Raises:
        DataError: sizes differ and nothing says which one is wanted.
    """
    (first, head), *others = heads.items()
    colours = {"grey": False, "rgb": True}.get(options.colour, any(head.colour for head in heads.values()))
    form = Form(options.image_size, 3 if colours else 1, any(head.deep for head in heads.values()))
    if form.size:
        return form, (form.size, form.size, form.channels)
    for path, other in others:
        if other.size != head.size:
            sizes = f"{other.size[1]} by {other.size[0]} pixels, {shown(first.name)} {head.size[1]} by {head.size[0]}"
            raise DataError(f"{shown(path)}: {sizes}; give --image-size to cut and scale all to one size")
    return form, (*head.size, form.channels)
