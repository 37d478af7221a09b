"""`tfds:NAME[/CONFIG][:VERSION]`: sets that TFDS prepared, without TensorFlow and without a network.

MNIST and Fashion-MNIST are also read from their canonical files. MNIST: LeCun, Cortes and Burges 1998. Fashion-MNIST:
Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747.
"""

import logging
import os
import re
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import numpy as np

from aelab.config import DataOptions
from aelab.data import idx, prepared
from aelab.data.arrays import pieces
from aelab.data.fashion_small import CLASSES
from aelab.data.files import reason, shown
from aelab.data.own import Part, assemble
from aelab.data.source import Splits
from aelab.errors import ConfigError, DataError

log = logging.getLogger(__name__)

DEBIAN = Path("/usr/share/datasets/fashion-mnist")  # where `apt install dataset-fashion-mnist` puts it
NAME = re.compile(r"tfds:(?P<name>[a-z0-9_]+)(?:/(?P<config>[\w+-][\w.+-]*))?(?::(?P<version>[\d.*]+))?", re.ASCII)


class Known(NamedTuple):
    """What sets two sets apart that share shape, size and file names."""

    classes: tuple[str, ...]
    means: tuple[float, float]  # of train and test in [0, 1]


SETS = {
    "mnist": Known(tuple("0123456789"), (0.1307, 0.1325)),
    "fashion_mnist": Known(CLASSES, (0.2860, 0.2868)),
}


def load(options: DataOptions) -> Splits:
    """Where TFDS prepared it, else canonical files; TFDS keeps another order than those.

    Raises:
        ConfigError: `split` that the set has not.
        DataError: no such name, nowhere on the disk, broken, or the pixels of another set.
    """
    found, folder = parse(options.data), folder_of(options.data)
    name = found["name"]
    if folder:
        try:
            return _checked(name, folder, prepared.read(folder, options), options)
        except ImportError as error:
            if name not in SETS:
                raise DataError(f"{shown(folder)}: {reason(error)}") from error
            log.warning("%s: passed over: %s", folder, reason(error))
    folder = None if found["version"] or found["config"] else canonical_folder(name)
    if folder is None:
        raise DataError(f"{options.data}: not on this machine, and nothing is downloaded: {_help(name)}")
    if options.split or options.image_size:
        raise ConfigError(
            f"--{'split' if options.split else 'image-size'}: TFDS alone knows it, and {folder} holds the canonical "
            f"files; prepare them for TFDS, once: aelab data prepare {name} --manual-dir {folder}"
        )
    train, test = (Part(*pair, folder) for pair in idx.read_folder(folder))
    own = assemble(options, {"train": train, "test": test}, SETS[name].classes, guess=False)
    return _checked(name, folder, own, options)


def _help(name: str) -> str:
    """What a user may do where a set is missing."""
    tfds = "or set TFDS_DATA_DIR to a folder where TFDS prepared it as array_record"
    if name not in SETS:
        return f"aelab data prepare {name} --download (with the extra aelab[tfds-prepare], once), {tfds}"
    apt = ", apt install dataset-fashion-mnist" if name == "fashion_mnist" else ""
    files = f"{name}/train-images-idx3-ubyte.gz and the other three"
    return f"set AELAB_DATA_DIR to a folder with {files}{apt}, aelab data prepare {name} --manual-dir FOLDER, {tfds}"


def _checked(name: str, folder: Path, splits: Splits, options: DataOptions) -> Splits:
    """TFDS unpacks equal file names over each other, and Fashion-MNIST silently becomes MNIST: hold it to its means."""
    if name not in SETS or options.split or options.image_size:
        return splits
    learnt = [part for part in (splits.train, splits.validation) if part is not None]
    for parts, mean in zip((learnt, [splits.test]), SETS[name].means, strict=True):
        if splits.spec.shape != (28, 28, 1) or not abs(_mean(parts) - mean) < 1e-3:
            raise DataError(f"{folder}: these are not the images of {name}, their mean is not {mean}")
    return splits


def _mean(parts: Iterable) -> float:
    sums = [(piece["x"].sum(), piece["x"].size) for part in parts for piece in pieces(part)]
    return float(np.sum([s for s, _ in sums]) / np.sum([n for _, n in sums]) / 255)


def parse(name: str) -> re.Match[str]:
    """The groups name, config and version of a full name.

    Raises:
        DataError: it is none.
    """
    if found := NAME.fullmatch(name):
        return found
    raise DataError(f"--data: {name!r} is no name of TFDS; they read tfds:NAME[/CONFIG][:VERSION], in lower case")


def folder_of(name: str, root: Path | None = None) -> Path | None:
    """Where TFDS prepared the set that a full name means, below `root` or the TFDS folder; None where it did not.

    Raises:
        DataError: no name of TFDS, or one that several configs have.
    """
    return prepared_folder(*parse(name).group("name", "config", "version"), root=root)


def tfds_root() -> Path:
    """The TFDS folder."""
    return Path(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


def prepared_folder(
    name: str, config: str | None = None, version: str | None = None, root: Path | None = None
) -> Path | None:
    """The newest version of the set in the TFDS folder; looks at paths alone, for TFDS is slow to import.

    Raises:
        DataError: no config is asked for, and several are there.
    """
    own = (root or tfds_root()) / name / (config or "")
    found = _versions(own.glob("*/dataset_info.json"), version)
    if not found and not config:
        found = _versions(own.glob("*/*/dataset_info.json"), version)
        configs = sorted({folder.parent.name for folder in found})
        if len(configs) > 1:
            raise DataError(f"tfds:{name}: prepared as {', '.join(configs)}; name one: tfds:{name}/{configs[0]}")
    return max(found, key=lambda path: tuple(map(int, path.name.split("."))), default=None)


def _versions(files: Iterable[Path], version: str | None) -> list[Path]:
    whole = [file.parent for file in files if re.fullmatch(r"\d+\.\d+\.\d+", file.parent.name)]  # no unfinished ones
    return [folder for folder in whole if fnmatch(folder.name, version or "*")]


def canonical_folder(name: str) -> Path | None:
    """`$AELAB_DATA_DIR/<name>`, else Debian's package for Fashion-MNIST."""
    root = os.environ.get("AELAB_DATA_DIR") if name in SETS else None
    folders = ([Path(root) / name] if root else []) + ([DEBIAN] if name == "fashion_mnist" else [])
    return next((folder for folder in folders if folder.is_dir()), None)
