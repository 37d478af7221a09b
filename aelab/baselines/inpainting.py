"""What the hidden part of an event may be, without a net; and how far off a guess is inside it.

Events and `hidden` are `[event, *shape]`; a guess keeps what is visible.
"""

import numpy as np

ROWS = 500  # events whose distances to all others are in memory at a time


def mean_event(train: np.ndarray, x: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """The mean training event in the hole."""
    return np.where(hidden, train.mean(0), x)


def neighbours(train: np.ndarray, x: np.ndarray, hidden: np.ndarray, k: int) -> np.ndarray:
    """The mean of the `k` training events nearest in the entries that are visible, in the hole."""
    t, visible = train.reshape(len(train), -1), ~hidden.reshape(len(x), -1)
    flat, squares = x.reshape(len(x), -1), np.square(train.reshape(len(train), -1))
    guess = np.empty_like(flat)
    for i in range(0, len(x), ROWS):
        v = visible[i : i + ROWS].astype(np.float32)
        distance = v @ squares.T - 2 * (v * flat[i : i + ROWS]) @ t.T  # and a constant
        nearest = np.argpartition(distance, k - 1, axis=1)[:, :k]
        guess[i : i + ROWS] = t[nearest].mean(1)
    return np.where(hidden, guess.reshape(x.shape), x)


def biharmonic(x: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """The smoothest surface through what is visible (Damelin and Hoang 2018, doi:10.1155/2018/3950312)."""
    from skimage.restoration import inpaint_biharmonic

    holes = np.asarray(hidden.any(-1))
    return np.stack([inpaint_biharmonic(e, h, channel_axis=-1) for e, h in zip(x, holes, strict=True)]).reshape(x.shape)
