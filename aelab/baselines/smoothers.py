"""Noise and gaps taken from series by what is known of any smooth curve; events are `[event, time, channel]`.

Steps that are missing are NaN.
"""

import numpy as np

from aelab.baselines import inpainting


def interpolated(x: np.ndarray, kind: inpainting.Curve) -> np.ndarray:
    """A curve through the steps that are there, level before the first and after the last of them.

    A series with less than two of them stays 0 where it is missing.
    """
    return inpainting.interpolated(np.nan_to_num(x), np.isnan(x), kind, ends="not-a-knot", fewest=2)


def savitzky_golay(x: np.ndarray, window: int, order: int) -> np.ndarray:
    """A polynomial fitted to the window around each step (Savitzky and Golay 1964, doi:10.1021/ac60214a047).

    One whose order is that of the window or more passes through every step, and leaves events as they are.
    """
    from scipy.signal import savgol_filter

    return x if order >= window else savgol_filter(x, window, order, axis=1, mode="nearest")


def kalman(x: np.ndarray, level: float, slope: float) -> np.ndarray:
    """The mean of a local linear trend given the whole series, by filter and smoother (Durbin and Koopman 2012, 3.2).

    A step moves the trend by its slope and by noise of variance `level`, and the slope by noise of variance `slope`;
    both in units of the variance of the noise on what is seen. Nothing is known of the trend before the first step.
    Missing steps are NaN. (Rauch, Tung and Striebel 1965, doi:10.2514/3.3166)
    """
    series = np.moveaxis(x.astype(np.float64), 1, 0).reshape(x.shape[1], -1)  # [time, series]
    move, noise = np.array([[1.0, 1.0], [0.0, 1.0]]), np.diag([level, slope])
    mean, spread = np.zeros((series.shape[1], 2)), np.broadcast_to(1e7 * np.eye(2), (series.shape[1], 2, 2))
    filtered, predicted = [], []
    for seen in series:
        predicted.append((mean, spread))
        gain = np.where(np.isnan(seen)[:, None], 0, spread[:, :, 0] / (spread[:, :1, 0] + 1))
        mean = mean + gain * (np.nan_to_num(seen) - mean[:, 0])[:, None]
        spread = spread - gain[:, :, None] * spread[:, None, 0]
        filtered.append((mean, spread))
        mean, spread = mean @ move.T, move @ spread @ move.T + noise
    smoothed = [filtered[-1][0]]
    for (mean, spread), (ahead, ahead_spread) in zip(filtered[-2::-1], predicted[:0:-1], strict=True):
        back = spread @ move.T @ np.linalg.inv(ahead_spread)
        smoothed.append(mean + np.einsum("nij,nj->ni", back, smoothed[-1] - ahead))
    found = np.stack(smoothed[::-1])[..., 0].reshape(x.shape[1], x.shape[0], -1)
    return np.moveaxis(found, 0, 1).astype(x.dtype)
