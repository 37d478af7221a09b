"""Static binarized MNIST: the bits of Larochelle and Murray 2011, drawn once by Salakhutdinov and Murray 2008.

The set on which published likelihoods in nats are compared: 50,000 + 10,000 + 10,000 images of 28 by 28, no labels.
"""

import os
from pathlib import Path

import numpy as np

from aelab.config import DataOptions
from aelab.data.arrays import ArraySource
from aelab.data.numpy_files import read_npz
from aelab.data.source import Spec, Splits
from aelab.errors import DataError

SPEC = Spec((28, 28, 1), "uint8", "unit", levels=2)
FILE = "binarized_mnist/binarized_mnist_packed.npz"  # keys train, valid, test: bits packed along the second axis


def load(options: DataOptions) -> Splits:
    """The set's own splits, whatever `options.validation` is.

    Raises:
        DataError: the file is missing or broken.
    """
    root = os.environ.get("AELAB_DATA_DIR")
    path = Path(root or "$AELAB_DATA_DIR") / FILE
    if not path.is_file():
        raise DataError(f"{path}: no such file; set AELAB_DATA_DIR to the folder that holds {FILE}")
    train, valid, test = (_unpack(path, bits) for bits in read_npz(path, "train", "valid", "test"))
    return Splits(options.data, SPEC, train, valid, test)


def _unpack(path: Path, bits: np.ndarray) -> ArraySource:
    if (bits.shape[1:], bits.dtype) != ((98,), np.uint8):
        raise DataError(f"{path}: not rows of 98 bytes: {bits.dtype} of shape {bits.shape}")
    return ArraySource(np.unpackbits(bits, axis=1), None, SPEC)
