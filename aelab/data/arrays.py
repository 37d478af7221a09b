"""Sets that fit in memory: the source over two arrays, the fixed shuffle that splits them, and the reader of `.npz`."""

import dataclasses
import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from aelab.data.source import Spec, Splits
from aelab.errors import DataError

SPLIT_SEED = 0  # of every split made here; never the run's seed, so that all runs are judged on the same events


@dataclass(eq=False)
class ArraySource:
    """Events `x`, shape (n, *spec.shape) or anything that reshapes to it, and their integer `label`, shape (n,).

    Series of different lengths are padded behind their end, and `length`, shape (n,), says how many steps are real.
    """

    x: np.ndarray
    label: np.ndarray | None
    spec: Spec
    length: np.ndarray | None = None

    def __post_init__(self):
        self.x = np.asarray(self.x, self.spec.dtype).reshape(len(self.x), *self.spec.shape)
        self.label = None if self.label is None else np.asarray(self.label, np.int32).reshape(len(self.x))
        self.length = None if self.length is None else np.asarray(self.length, np.int32).reshape(len(self.x))

    def __len__(self) -> int:
        return len(self.x)

    def get_batch(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """Events `x` as stored, shape (len(indices), *spec.shape), and `label` and `length` where there are any."""
        arrays = {"x": self.x, "label": self.label, "length": self.length}
        return {name: array[indices] for name, array in arrays.items() if array is not None}

    def take(self, indices: np.ndarray) -> "ArraySource":
        """The source of these events alone."""
        batch = self.get_batch(indices)
        return ArraySource(batch["x"], batch.get("label"), self.spec, batch.get("length"))

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over shape, dtype and bytes, in order: the same events shuffled are another source."""
        digest = hashlib.sha256(f"{len(self)} {self.spec.shape} {self.spec.dtype}".encode())
        for array in (self.x, self.label, self.length):
            digest.update(b"" if array is None else np.ascontiguousarray(array).data)
        return digest.hexdigest()


def shuffled(n: int, seed: int = SPLIT_SEED) -> np.ndarray:
    """A random order of 0 … n-1 that no version of numpy changes: raw words of Philox, sorted."""
    return np.argsort(np.random.Philox(key=seed).random_raw(n), kind="stable")


def split(name: str, train: ArraySource, test: ArraySource | None = None, *, validation: float) -> Splits:
    """Hold out the share `validation` of `train`, at least one event; 0 holds out nothing and gives None.

    Without a `test` set a tenth of `train` becomes it, whatever `validation` is: 80/10/10 at a share of 0.1.
    The order within each part stays that of the file.
    """
    n = len(train)
    tenth = 0 if test else round(n / 10)
    held = min(max(round(n * validation), 1), n - tenth - 1) if validation else 0
    parts = np.split(shuffled(n), [tenth, tenth + held])
    tested, validated, trained = (train.take(np.sort(part)) for part in parts)
    return Splits(name, train.spec, trained, validated if held else None, test or tested)


def read_npz(path: Path, *keys: str) -> list[np.ndarray]:
    """The arrays called `keys` of a `.npz` file, pickles refused.

    Raises:
        DataError: the file is missing or broken, or lacks a key.
    """
    try:
        # numpy leaves a broken file open unless it is opened for it
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            return [file[key] for key in keys]
    except (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: cannot be read: {reason(error)}") from error


def reason(error: Exception) -> str:
    """One line that says what went wrong, without the path that an OSError repeats."""
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return text.splitlines()[0]


def split_standardised(name: str, train: ArraySource, test: ArraySource | None = None, *, validation: float) -> Splits:
    """`split` for values that are real numbers: the spec says mean and deviation of each channel, measured on train.

    Padding is left out, and the lengths of the training series are counted.
    """
    whole = split(name, train, test, validation=validation)
    stored = whole.train.get_batch(np.arange(len(whole.train)))
    x, length = stored["x"].astype(np.float64), stored.get("length")
    if length is not None:
        x = x[np.arange(x.shape[1]) < length[:, None]]
    axes = tuple(range(x.ndim - 1))
    mean, std = x.mean(axes), x.std(axes)
    spec = train.spec._replace(
        shift=tuple(np.atleast_1d(mean).tolist()),
        scale=tuple(np.where(np.atleast_1d(std) > 0, std, 1).tolist()),
        lengths=() if length is None else tuple(np.bincount(length, minlength=train.spec.shape[0] + 1).tolist()),
    )
    train = dataclasses.replace(train, spec=spec)
    return split(name, train, test and dataclasses.replace(test, spec=spec), validation=validation)
