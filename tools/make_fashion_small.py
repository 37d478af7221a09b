"""Cut `aelab/data/fashion_small.npz` out of Fashion-MNIST: the first 500 + 100 images of each class, in file order.

    apt-get download dataset-fashion-mnist && dpkg -x dataset-fashion-mnist_*.deb fashion
    python tools/make_fashion_small.py fashion/usr/share/datasets/fashion-mnist

The same files give the same bytes: numpy writes a fixed time into its archives.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np

from aelab.data import idx

FOLDER = Path("/usr/share/datasets/fashion-mnist")  # where `apt install dataset-fashion-mnist` puts it
OUT = Path(__file__).parents[1] / "aelab/data/fashion_small.npz"


def first(x: np.ndarray, label: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The first `count` images of each class, all in file order."""
    keep = np.sort(np.concatenate([np.flatnonzero(label == k)[:count] for k in range(10)]))
    return x[keep], label[keep]


def small(folder: Path) -> dict[str, np.ndarray]:
    """The arrays of the embedded file."""
    train, test = idx.read_folder(folder)
    (x_train, y_train), (x_test, y_test) = first(*train, 500), first(*test, 100)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="holds the four IDX files (%(default)s)")
    parser.add_argument("--out", type=Path, default=OUT, help="file to write (%(default)s)")
    args = parser.parse_args()
    np.savez_compressed(args.out, **small(args.folder))
    print(f"{args.out}: {args.out.stat().st_size} bytes, sha256 {hashlib.sha256(args.out.read_bytes()).hexdigest()}")


if __name__ == "__main__":
    main()
