"""The images of a race, as files that every contender can read."""

from pathlib import Path


def save_images(data: str, folder: str) -> str:
    """Write a set as `X_TRAIN.npy` and `X_TEST.npy`, in bytes, to `folder`; returns the path of the first."""
    import numpy as np

    from aelab import data as sets

    splits = sets.load(data, validation=0.0)
    for name, source in {"TRAIN": splits.train, "TEST": splits.test}.items():
        np.save(Path(folder) / f"X_{name}.npy", source.get_batch(np.arange(len(source)))["x"])
    return str(Path(folder) / "X_TRAIN.npy")
