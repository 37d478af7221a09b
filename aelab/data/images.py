"""`images:FOLDER`: a folder of pictures, flat, one sub-folder a class, or train and test folders of either."""

import hashlib
import logging
import os
import warnings
from collections import Counter
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aelab.config import DataOptions
from aelab.data.arrays import pieces, resident, with_spec
from aelab.data.cache import cached
from aelab.data.files import file_of, reading, shown
from aelab.data.image_files import classes_of, parts_of
from aelab.data.labels import class_names
from aelab.data.own import split_roles
from aelab.data.pictures import DECODER, Form, Head, decode, look_at_pages
from aelab.data.printed import Printed
from aelab.data.ranges import TOPS, said_top, top_of
from aelab.data.source import Source, Spec, Splits
from aelab.errors import ConfigError, DataError

log = logging.getLogger(__name__)

MANY = 20_000  # pictures; decoding more takes long enough to say so


class Frame(NamedTuple):
    """One picture: a file, or a page of it."""

    path: Path
    page: int = 0

    def __str__(self) -> str:
        return f"{self.path}, page {self.page}" if self.page else str(self.path)


@dataclass(eq=False, repr=False)
class Pictures(Printed):
    """Files that are decoded when they are asked for."""

    files: list[Frame]
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
        frame = self.files[index]
        with reading(frame):
            x = decode(frame.path, self.form, page=frame.page)
            if x.shape != self.spec.shape:
                raise ValueError(f"it has become a picture of shape {x.shape}, the set's are {self.spec.shape}")
            return x

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the files' bytes, in order, their labels and the form they are decoded to."""
        digest = hashlib.sha256(f"{self.form} {None if self.label is None else self.label.tolist()}".encode())
        for path, page in self.files:
            with reading(path):
                digest.update(hashlib.sha256(path.read_bytes()).digest())
            digest.update(f"page {page}".encode() if page else b"")
        return digest.hexdigest()


def load(options: DataOptions) -> Splits:
    """Pictures of one size, or of any with `image_size`: grey where all are grey, unless `colour` says otherwise.

    Each page of a TIFF is a picture. What is left out, and what else was decided, is in the notes of the splits.

    Raises:
        ConfigError: `--scale` does not fit the values.
        DataError: no such folder, too few pictures in it, one that is damaged, sizes that differ.
    """
    folder, others = file_of(options.data, "folder"), Counter()
    found = parts_of(folder, others)
    named = {role: (files, classes_of(where, files)) for role, (where, files) in found.items()}
    looked = {path: _look(path) for files, _ in named.values() for path in files}
    heads = {Frame(path, head.page): head for path, pages in looked.items() for head in pages}
    form, shape = _form(options, heads)
    if len(heads) > MANY:
        log.warning("%s: decoding %d pictures", shown(folder), len(heads))
    parts = {role: _frames(files, label, looked) for role, (files, label) in named.items()}
    names, labels = class_names([label for _, label in parts.values()], [len(f) for f, _ in parts.values()], folder)
    top = 65535 if form.deep else 255
    spec = Spec(shape, "uint16" if form.deep else "uint8", "unit", scale=float(top), levels=top + 1, classes=names)
    sources: dict[str, Any] = {
        role: resident(_decoded(Pictures(frames, label, spec, form)))
        for (role, (frames, _)), label in zip(parts.items(), labels, strict=True)
    }
    spec, scaled = _scaled(sources, spec, options, folder)
    made = {role: with_spec(source, spec) for role, source in sources.items()}
    groups, apart = _together(parts["train"][0], made, options)
    splits = split_roles(options, made, folder, groups=groups)
    return splits._replace(notes=(*_left_out(folder, heads, others), *filter(None, [scaled, apart]), *splits.notes))


def _together(frames: list[Frame], parts: Collection[str], options: DataOptions) -> tuple[np.ndarray | None, str]:
    """The number of the file of each training picture, where pages of files are to stay in one split; else None.

    And a sentence where there are too few files for that.
    """
    numbers = {path: i for i, path in enumerate(dict.fromkeys(frame.path for frame in frames))}
    wanted = ("test" not in parts) + (options.validation > 0 and "held_out" not in parts)
    if not wanted or len(numbers) == len(frames):
        return None, ""
    if len(numbers) <= wanted:
        return (
            None,
            f"pages of one file are split apart, as {wanted + 1} files are needed to keep those of each together",
        )
    return np.array([numbers[frame.path] for frame in frames]), ""


def _frames(
    files: list[Path], label: np.ndarray | None, looked: Mapping[Path, list[Head]]
) -> tuple[list[Frame], np.ndarray | None]:
    """The pages of all files, in order, and their labels."""
    frames = [Frame(path, head.page) for path in files for head in looked[path]]
    return frames, None if label is None else np.repeat(label, [len(looked[path]) for path in files])


def _scaled(sources: Mapping[str, Source], spec: Spec, options: DataOptions, folder: Path) -> tuple[Spec, str]:
    """The spec with the scale that `--scale` says, or with that of as many bits as are used, and a sentence on it.

    Raises:
        ConfigError: it does not fit the values.
    """
    if options.scale == "standardise":
        return spec._replace(values="real", scale=1.0, levels=0), ""
    high = max(_highest(source, options.scale != "auto") for source in sources.values())
    if options.scale != "auto":
        if high > float(options.scale):
            raise ConfigError(
                f"--scale: {options.scale:g} is to be the largest value, and {shown(folder)} has {high}; "
                "give one that is as large, or standardise"
            )
        top = float(options.scale)
        return spec._replace(scale=top, levels=int(top) + 1 if top == int(top) else 0), ""
    top = top_of(high) if spec.dtype == "uint16" or high <= 1 else 255
    return spec._replace(scale=float(top), levels=top + 1), said_top(high, top) if top != spec.scale else ""


def _highest(source: Source, exact: bool) -> int:
    """The largest stored value; without `exact` no more is read than shows how many bits are used."""
    high, enough = 0, 2 if source.spec.dtype == "uint8" else TOPS[-2] + 1
    for piece in pieces(source):
        high = max(high, int(piece["x"].max()))
        if high >= enough and not exact:
            break
    return high


def _left_out(folder: Path, heads: Mapping[Frame, Head], others: Counter[str]) -> list[str]:
    """A sentence for all that is in the files and not in the events."""
    count, name = len(heads), shown(folder)
    clear = sum(head.alpha for head in heads.values())
    reduced = sum(head.reduced for head in heads.values())
    moving = sum(head.frames > 1 for head in heads.values())
    paged = len(heads) - len({frame.path for frame in heads})
    kinds = ", ".join(f"{n} {suffix}" for suffix, n in sorted(others.items()))
    said = [
        (clear, f"{name}: {clear} of {count} pictures have an alpha channel, laid on black"),
        (
            reduced,
            f"{name}: {reduced} of {count} pictures have 16 bits written in words, of which the upper 8 are read",
        ),
        (moving, f"{name}: {moving} of {count} pictures are animations, of which the first frame is read"),
        (paged, f"{name}: {count} pictures in {count - paged} files: each page of a TIFF is a picture"),
        (others, f"{name}: left out {sum(others.values())} files that are no pictures: {kinds}"),
    ]
    return [line for there, line in said if there]


def _decoded(pictures: Pictures) -> Source:
    """The same from the cache, decoded now if these files, unchanged since, never were."""
    files = [
        (str(path.absolute()), path.stat().st_size, path.stat().st_mtime_ns, *([page] if page else []))
        for path, page in pictures.files
    ]
    label = None if pictures.label is None else pictures.label.tolist()
    return cached(f"{DECODER} {pictures.form} {pictures.spec} {label} {files}", pictures)


def _look(path: Path) -> list[Head]:
    with reading(path):
        return look_at_pages(path)


def _form(options: DataOptions, heads: Mapping[Frame, Head]) -> tuple[Form, tuple[int, int, int]]:
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
            sizes = (
                f"{other.size[1]} by {other.size[0]} pixels, {shown(first.path.name)} {head.size[1]} by {head.size[0]}"
            )
            raise DataError(f"{shown(path)}: {sizes}; give --image-size to cut and scale all to one size")
    return form, (*head.size, form.channels)
