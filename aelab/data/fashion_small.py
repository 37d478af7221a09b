"""Fashion-MNIST in small, embedded: 5,000 + 1,000 real garments, so that a fresh machine trains at once.

The first 500 of each class of the training file and the first 100 of the test file, in file order, cut out by
`tools/make_fashion_small.py`. Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747; MIT licence in `fashion_small.LICENSE`.
"""

from pathlib import Path

from aelab.config import DataOptions
from aelab.data.arrays import ArraySource
from aelab.data.numpy_files import read_npz
from aelab.data.source import Spec, Splits
from aelab.data.splits import split

FILE = Path(__file__).with_suffix(".npz")
CLASSES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
SPEC = Spec((28, 28, 1), "uint8", "unit", scale=255.0, levels=256, classes=CLASSES)


def load(options: DataOptions) -> Splits:
    """4,500 + 500 + 1,000 events at the usual share of 0.1."""
    x_train, y_train, x_test, y_test = read_npz(FILE, "x_train", "y_train", "x_test", "y_test")
    return split(
        options.data,
        ArraySource(x_train, y_train, SPEC),
        ArraySource(x_test, y_test, SPEC),
        validation=options.validation,
    )
