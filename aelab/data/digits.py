"""The handwritten digits of scikit-learn, 1,797 images of 8 by 8: seconds to train on, nothing to download.

The test set of Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits", UCI repository.
"""

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from aelab.config import DataOptions
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec, Splits
from aelab.data.splits import split

SPEC = Spec((8, 8, 1), "uint8", "unit", scale=16.0, levels=17, classes=tuple("0123456789"))
FILE = Path("datasets", "data", "digits.csv.gz")  # in the package: a row an image, 64 whole numbers and the class


def load(options: DataOptions) -> Splits:
    """80/10/10 at the usual share of 0.1: the set has no test split of its own."""
    x, label = stored()
    return split(options.data, ArraySource(x, label, SPEC), validation=options.validation)


def stored() -> tuple[np.ndarray, np.ndarray]:
    """Images `[1797, 64]`, whole numbers as floats, and classes.

    The package is not imported, since that takes longer than to train on the set; its file is read where it lies.
    """
    package = find_spec("sklearn")
    file = Path(package.origin or "").parent / FILE if package else FILE
    if not file.is_file():  # another version may keep it elsewhere, and knows where
        from sklearn.datasets import load_digits

        return load_digits(return_X_y=True)
    with gzip.open(file, "rt") as lines:
        rows = np.loadtxt(lines, delimiter=",")
    return rows[:, :-1], rows[:, -1].astype(int)
