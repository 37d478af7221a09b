"""Classical removal of noise: one function a method, `(events, setting) -> events`, and the settings worth trying.

Events are `[event, *shape]`. Each setting is chosen by PSNR on validation events, noise included.
"""

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np

from aelab.evaluation.restoration import restoration_scores

WORKERS = 2  # processes


class Denoiser(NamedTuple):
    """A method, and settings among which validation decides; `images` says that it needs pixels."""

    apply: Callable[[np.ndarray, Any], np.ndarray]
    settings: Sequence[Any]
    images: bool = False


def median(x: np.ndarray, size: int) -> np.ndarray:
    """The median of a window of `size` along every axis of space."""
    from scipy.ndimage import median_filter

    return median_filter(x, size=(1, *(size,) * (x.ndim - 2), 1), mode="nearest")


def total_variation(x: np.ndarray, setting: float) -> np.ndarray:
    """Chambolle 2004, doi:10.1023/B:JMIV.0000011325.36760.1e; a larger `setting` gives smoother events."""
    from skimage.restoration import denoise_tv_chambolle

    return np.stack([denoise_tv_chambolle(event, setting, channel_axis=-1) for event in x])


def non_local_means(x: np.ndarray, setting: tuple[float, int]) -> np.ndarray:
    """Buades et al. 2005, doi:10.1109/CVPR.2005.38: averages of pixels whose patches look alike.

    `setting` is the decay h of the weights and the side of a patch; patches up to 6 pixels away are compared.
    """
    from skimage.restoration import denoise_nl_means

    h, side = setting
    return np.stack([denoise_nl_means(event, side, 6, h, channel_axis=-1) for event in x]).reshape(x.shape)


def wavelet(x: np.ndarray, threshold: float, levels: int = 3) -> np.ndarray:
    """Soft thresholds on an undecimated wavelet transform: the same wherever an edge falls
    (Coifman and Donoho 1995, doi:10.1007/978-1-4612-2544-7_9).

    À trous: at each level an axis is split into a smooth part, (1, 2, 1) / 4 over neighbours 2^level apart, and what is
    left; all parts but the smoothest are shrunk towards 0. The ends are mirrored.
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
        limit = threshold / 2 ** (len(space) * level / 2)  # noise that is white in x has this share of it left
        detail = detail + sum(np.sign(part) * np.maximum(np.abs(part) - limit, 0) for part in fine)
    inside = (slice(None), *(slice(pad, pad + size) for size in space))
    return (smooth + detail)[inside]


def _split(part: np.ndarray, step: int, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """The smooth part and the rest; their sum is `part`."""
    low = (2 * part + np.roll(part, step, axis) + np.roll(part, -step, axis)) / 4
    return low, part - low


def bayes_shrink(x: np.ndarray, sigma: float) -> np.ndarray:
    """A threshold for each band of an orthogonal wavelet transform, from noise of deviation `sigma` (Chang et al. 2000,
    doi:10.1109/83.862633), as scikit-image does it; it needs PyWavelets.
    """
    import warnings

    from skimage.restoration import denoise_wavelet

    with warnings.catch_warnings():  # a band without variance divides by 0, and is then shrunk to nothing, as it should
        warnings.simplefilter("ignore", RuntimeWarning)
        shrunk = [denoise_wavelet(event, sigma, "db2", channel_axis=-1, rescale_sigma=True) for event in x]
    return np.stack(shrunk).astype(np.float32).reshape(x.shape)


def pca(train: np.ndarray, most: int) -> Callable[[np.ndarray, int], np.ndarray]:
    """Projection on the first principal components of the clean training events, as many as the setting says."""
    from sklearn.decomposition import PCA

    fitted = PCA(most, svd_solver="randomized", random_state=0).fit(train.reshape(len(train), -1))

    def project(x: np.ndarray, components: int) -> np.ndarray:
        axes = fitted.components_[:components]
        centred = x.reshape(len(x), -1) - fitted.mean_
        return (centred @ axes.T @ axes + fitted.mean_).astype(np.float32).reshape(x.shape)

    return project


def denoisers(train: np.ndarray) -> dict[str, Denoiser]:
    """All methods, by name; `train` are clean events."""
    flat = train.reshape(len(train), -1)
    most = min(200, *flat.shape)
    scale = 1.0 if train.min() >= 0 and train.max() <= 1 else float(train.std())
    strengths = scale * np.array([0.01, 0.02, 0.04, 0.06, 0.09, 0.13, 0.18, 0.25, 0.35, 0.5])
    found = {
        "PCA": Denoiser(pca(train, most), [n for n in (4, 8, 16, 24, 32, 48, 64, 96, 128, 200) if n <= most] or [most]),
        "median": Denoiser(median, [3, 5] if train.ndim == 4 else [3, 5, 7, 9]),
        "wavelet": Denoiser(wavelet, strengths.tolist()),
        "total variation": Denoiser(total_variation, strengths.tolist()),
        "non-local means": Denoiser(non_local_means, list(itertools.product(strengths.tolist(), (3, 5))), images=True),
    }
    if find_spec("pywt"):  # of the development extra
        found["BayesShrink"] = Denoiser(bayes_shrink, strengths.tolist())
    return found


def tune(method: Denoiser, clean: np.ndarray, noisy: np.ndarray, unit: bool) -> Any:
    """The setting with the best mean PSNR."""
    scored = [(restoration_scores(clean, spread(method.apply, noisy, s), unit)["psnr"], s) for s in method.settings]
    return max(scored, key=lambda pair: pair[0])[1]


def spread(function: Callable[[np.ndarray, Any], np.ndarray], x: np.ndarray, setting: Any) -> np.ndarray:
    """`function(x, setting)`, the slow ones over two processes."""
    if function not in (total_variation, non_local_means, bayes_shrink) or len(x) < 1000:
        return function(x, setting)
    parts = np.array_split(x, 4 * WORKERS)
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("forkserver")) as pool:
        return np.concatenate(list(pool.map(function, parts, itertools.repeat(setting))))
