"""Removal of noise by what stands around an entry: one function a filter, `(events, setting) -> events`.

Events are `[event, *space, channel]`.
"""

import numpy as np


def median(x: np.ndarray, size: int) -> np.ndarray:
    """The median of a window of `size` along every axis of space."""
    from scipy.ndimage import median_filter

    return median_filter(x, size=_window(x, size), mode="nearest")


def closing(x: np.ndarray, size: int) -> np.ndarray:
    """Grey closing with a flat window: dark spots that it does not fit into are filled (Serra 1982)."""
    from scipy.ndimage import grey_closing

    return grey_closing(x, size=_window(x, size), mode="nearest")


def _window(x: np.ndarray, size: int) -> tuple[int, ...]:
    return (1, *(size,) * (x.ndim - 2), 1)


def total_variation(x: np.ndarray, strength: float) -> np.ndarray:
    """Chambolle 2004, doi:10.1023/B:JMIV.0000011325.36760.1e; a larger `strength` gives smoother events."""
    from skimage.restoration import denoise_tv_chambolle

    return np.stack([denoise_tv_chambolle(event, strength, channel_axis=-1) for event in x])


def non_local_means(x: np.ndarray, strength: float, side: int) -> np.ndarray:
    """Buades et al. 2005, doi:10.1109/CVPR.2005.38: averages of pixels whose patches look alike.

    `strength` is the decay h of the weights, `side` that of a patch; patches up to 6 pixels away are compared.
    """
    from skimage.restoration import denoise_nl_means

    return np.stack([denoise_nl_means(event, side, 6, strength, channel_axis=-1) for event in x]).reshape(x.shape)


def wavelet(x: np.ndarray, strength: float, levels: int = 3) -> np.ndarray:
    """Soft thresholds on an undecimated wavelet transform: the same wherever an edge falls
    (Coifman and Donoho 1995, doi:10.1007/978-1-4612-2544-7_9).

    À trous: at each level an axis is split into a smooth part, (1, 2, 1) / 4 over neighbours 2^level apart, and what is
    left; all parts but the smoothest are shrunk towards 0 by `strength`. The ends are mirrored.
    """
    axes, space = range(1, x.ndim - 1), x.shape[1:-1]
    pad = 2**levels
    smooth = np.pad(x, [(0, 0), *((pad, pad) for _ in axes), (0, 0)], mode="symmetric")
    detail = np.zeros_like(smooth)
    for level in range(levels):
        parts = [smooth]
        for axis in axes:
            parts = [half for part in parts for half in _split(part, 2**level, axis)]
        smooth, *fine = parts
        limit = strength / 2 ** (len(space) * level / 2)  # noise that is white in x has this share of it left
        detail = detail + sum(np.sign(part) * np.maximum(np.abs(part) - limit, 0) for part in fine)
    inside = (slice(None), *(slice(pad, pad + size) for size in space))
    return (smooth + detail)[inside]


def _split(part: np.ndarray, step: int, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """The smooth part and the rest; their sum is `part`."""
    low = (2 * part + np.roll(part, step, axis) + np.roll(part, -step, axis)) / 4
    return low, part - low


def bayes_shrink(x: np.ndarray, strength: float) -> np.ndarray:
    """A threshold for each band of an orthogonal wavelet transform, from noise of deviation `strength` (Chang et al.
    2000, doi:10.1109/83.862633), as scikit-image does it; it needs PyWavelets.
    """
    import warnings

    from skimage.restoration import denoise_wavelet

    with warnings.catch_warnings():  # a band without variance divides by 0, and is then shrunk to nothing, as it should
        warnings.simplefilter("ignore", RuntimeWarning)
        shrunk = [denoise_wavelet(event, strength, "db2", channel_axis=-1, rescale_sigma=True) for event in x]
    return np.stack(shrunk).astype(np.float32).reshape(x.shape)
