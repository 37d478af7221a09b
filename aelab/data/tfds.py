"""`tfds:mnist` and `tfds:fashion_mnist`: from what is on the disk, without TensorFlow and without a network.

MNIST: LeCun, Cortes and Burges 1998. Fashion-MNIST: Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747.
"""

import json
import logging
import os
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aelab.data import idx
from aelab.data.arrays import ArraySource, reason, split
from aelab.data.fashion_small import CLASSES
from aelab.data.idx import Pair
from aelab.data.source import Spec, Splits
from aelab.errors import DataError

log = logging.getLogger(__name__)

DEBIAN = Path("/usr/share/datasets/fashion-mnist")  # where `apt install dataset-fashion-mnist` puts it


class Known(NamedTuple):
    """What sets two sets apart that share shape, size and file names."""

    classes: tuple[str, ...]
    means: tuple[float, float]  # of train and test in [0, 1]


SETS = {
    "mnist": Known(tuple("0123456789"), (0.1307, 0.1325)),
    "fashion_mnist": Known(CLASSES, (0.2860, 0.2868)),
}


def load(name: str, validation: float) -> Splits:
    """60,000 + 10,000 events of 28 by 28; TFDS keeps them in another order than the canonical files.

    Raises:
        DataError: not one of the two sets, nowhere on the disk, broken, or the pixels of another set.
    """
    short = name.removeprefix("tfds:")
    if short not in SETS:
        raise DataError(f"--data: {name}: for now only {' and '.join(f'tfds:{known}' for known in SETS)} are read")
    spec = Spec((28, 28, 1), "uint8", "unit", scale=255.0, levels=256, classes=SETS[short].classes)
    folder, (train, test) = _find(short)
    for (x, _), mean in zip((train, test), SETS[short].means, strict=True):
        # TFDS unpacks equal file names over each other, and Fashion-MNIST silently becomes MNIST
        if x.shape[1:] != (28, 28) or not abs(x.mean() / 255 - mean) < 1e-3:
            raise DataError(f"{folder}: these are not the images of {short}, their mean is not {mean}")
    return split(name, ArraySource(*train, spec), ArraySource(*test, spec), validation=validation)


def _find(name: str) -> tuple[Path, tuple[Pair, Pair]]:
    """Where the set was found, its train and its test: prepared by TFDS, else canonical files."""
    if folder := prepared_folder(name):
        try:
            return folder, read_prepared(folder)
        except ImportError as error:
            log.warning("%s: passed over: %s", folder, reason(error))
    if folder := canonical_folder(name):
        return folder, idx.read_folder(folder)
    apt = ", or apt install dataset-fashion-mnist" if name == "fashion_mnist" else ""
    raise DataError(
        f"tfds:{name}: not on this machine, and nothing is downloaded: set AELAB_DATA_DIR to a folder with "
        f"{name}/train-images-idx3-ubyte.gz and the other three{apt}, or TFDS_DATA_DIR to one where TFDS prepared it "
        "as array_record"
    )


def prepared_folder(name: str) -> Path | None:
    """The newest version of the set in the TFDS folder; looks at paths alone, for TFDS is slow to import."""
    root = Path(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()
    versions = [path.parent for path in root.glob(f"{name}/*/dataset_info.json")]
    whole = [path for path in versions if re.fullmatch(r"\d+\.\d+\.\d+", path.name)]  # not an unfinished one
    return max(whole, key=lambda path: tuple(map(int, path.name.split("."))), default=None)


def canonical_folder(name: str) -> Path | None:
    """`$AELAB_DATA_DIR/<name>`, else Debian's package for Fashion-MNIST."""
    root = os.environ.get("AELAB_DATA_DIR")
    folders = ([Path(root) / name] if root else []) + ([DEBIAN] if name == "fashion_mnist" else [])
    return next((folder for folder in folders if folder.is_dir()), None)


def read_prepared(folder: Path) -> tuple[Pair, Pair]:
    """Train and test of one prepared version, in the order of TFDS.

    Raises:
        DataError: the folder is broken.
        ImportError: it needs a package that is not here; tfrecord files need TensorFlow itself.
    """
    try:
        form = json.loads((folder / "dataset_info.json").read_text()).get("fileFormat", "tfrecord")
        if form != "array_record":
            raise ImportError(f"TFDS needs TensorFlow to read {form}; prepare it with file_format array_record")
        import tensorflow_datasets as tfds

        builder: Any = tfds.builder_from_directory(folder)  # reads this folder and nothing else, whatever its version
        train, test = (_stack(builder.as_data_source(split=part)) for part in ("train", "test"))
    except ImportError:
        raise
    except Exception as error:  # TFDS and array_record raise what they like
        raise DataError(f"{folder}: cannot be read: {reason(error)}") from error
    return train, test


def _stack(source: Any) -> Pair:
    """All records of a split as two arrays."""
    rows = source.__getitems__(list(range(len(source))))  # its door for many: a third faster than one by one
    return np.stack([row["image"][..., 0] for row in rows]), np.array([row["label"] for row in rows], np.uint8)
