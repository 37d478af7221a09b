"""The handwritten digits of scikit-learn, 1,797 images of 8 by 8: seconds to train on, nothing to download.

The test set of Alpaydin and Kaynak 1998, "Optical Recognition of Handwritten Digits", UCI repository.
"""

from aelab.config import DataOptions
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec, Splits
from aelab.data.splits import split

SPEC = Spec((8, 8, 1), "uint8", "unit", scale=16.0, levels=17, classes=tuple("0123456789"))


def load(options: DataOptions) -> Splits:
    """80/10/10 at the usual share of 0.1: the set has no test split of its own."""
    from sklearn.datasets import load_digits  # here: it takes a second to import

    x, label = load_digits(return_X_y=True)  # x: (1797, 64), whole numbers as floats
    return split(options.data, ArraySource(x, label, SPEC), validation=options.validation)
