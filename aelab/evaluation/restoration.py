"""How close restored events are to the clean ones: PSNR, SSIM and MSE, per event; in numpy, float64."""

import numpy as np

WINDOW = 7  # pixels along either side of SSIM's window


def psnr(clean: np.ndarray, restored: np.ndarray, unit: bool = True) -> np.ndarray:
    """10 log10(1 / MSE) of each event, in dB, for a data range of 1: `[event]`.

    An MSE below that of rounding, step² / 12, counts as that one, so that an event rebuilt exactly has a finite PSNR.
    The step is 1/255 for values in [0, 1] (`unit`), as of images of 8 bits: no PSNR is above 58.92 dB. For other values
    it is that of float32 at 1.
    """
    return _decibels(mse(clean, restored), unit)


def _decibels(error: np.ndarray, unit: bool) -> np.ndarray:
    step = 1 / 255 if unit else np.finfo(np.float32).eps
    return -10 * np.log10(np.maximum(error, step**2 / 12))


def mse(clean: np.ndarray, restored: np.ndarray) -> np.ndarray:
    """Mean squared error of each event: `[event]`."""
    return np.square(np.asarray(clean, np.float64) - restored).reshape(len(clean), -1).mean(1)


def ssim(clean: np.ndarray, restored: np.ndarray) -> np.ndarray:
    """Mean structural similarity of each image, `[image, height, width, channel]` in [0, 1]: `[image]`.

    Wang et al. 2004, doi:10.1109/TIP.2003.819861, eq. 13, as scikit-image computes it by default: a flat window of
    7 by 7, sample covariances, no border; all images at once, where scikit-image takes one.
    """
    from scipy.ndimage import uniform_filter

    x, y = np.asarray(clean, np.float64), np.asarray(restored, np.float64)
    mean = lambda a: uniform_filter(a, size=(1, WINDOW, WINDOW, 1))  # noqa: E731
    mx, my = mean(x), mean(y)
    unbiased = WINDOW**2 / (WINDOW**2 - 1)
    vx, vy, vxy = (
        unbiased * (mean(a * b) - ma * mb) for a, b, ma, mb in ((x, x, mx, mx), (y, y, my, my), (x, y, mx, my))
    )
    c1, c2 = 0.01**2, 0.03**2
    similarity = (2 * mx * my + c1) * (2 * vxy + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    edge = WINDOW // 2
    return similarity[:, edge:-edge, edge:-edge].reshape(len(x), -1).mean(1)


def restoration_scores(clean: np.ndarray, restored: np.ndarray, unit: bool) -> dict[str, float]:
    """Means over the events: `psnr` in dB, `mse`, and `ssim` of images large enough for its window.

    Values in [0, 1] (`unit`) are clipped first and have a range of 1; for any other values PSNR is against a range of 1
    in their own unit, standard deviations of the training set.
    """
    restored = np.clip(restored, 0, 1) if unit else restored
    found = {"psnr": psnr(clean, restored, unit).mean(), "mse": mse(clean, restored).mean()}
    if unit and clean.ndim == 4 and min(clean.shape[1:3]) >= WINDOW:
        found["ssim"] = ssim(clean, restored).mean()
    return {name: float(value) for name, value in found.items()}


def hidden_mse(clean: np.ndarray, guess: np.ndarray, hidden: np.ndarray) -> np.ndarray:
    """Mean squared error inside the hidden region of each event: `[event]`; NaN where nothing is hidden."""
    inside = hidden.reshape(len(hidden), -1)
    squared = np.square(np.asarray(clean, np.float64) - guess).reshape(inside.shape) * inside
    with np.errstate(invalid="ignore"):
        return squared.sum(1) / inside.sum(1)


def hidden_psnr(clean: np.ndarray, guess: np.ndarray, hidden: np.ndarray, unit: bool = True) -> np.ndarray:
    """`psnr` inside the hidden region of each event, dB of a range of 1: `[event]`; NaN where nothing is hidden."""
    return _decibels(hidden_mse(clean, guess, hidden), unit)


def hidden_scores(clean: np.ndarray, guess: np.ndarray, hidden: np.ndarray, unit: bool = True) -> dict[str, float]:
    """The means of `hidden_mse` and `hidden_psnr` over the events in which anything is hidden."""
    some = hidden.reshape(len(hidden), -1).any(1)
    own = (clean[some], guess[some], hidden[some])
    return {"mse": float(hidden_mse(*own).mean()), "psnr": float(hidden_psnr(*own, unit).mean())}


def hidden_bce(clean: np.ndarray, logits: np.ndarray, hidden: np.ndarray) -> float:
    """Binary cross-entropy summed over the hidden entries of an event, mean over the events, in nats; from logits."""
    x, logits = np.asarray(clean, np.float64), np.asarray(logits, np.float64)
    nats = np.logaddexp(0, logits) - x * logits
    return float((nats * hidden).reshape(len(x), -1).sum(1).mean())
