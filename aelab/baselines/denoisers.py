"""Rivals that take noise away without a net: what each does, and the settings among which validation decides.

A method is `(events, **setting) -> events` on `[event, *shape]`. What it knows of events comes from clean training
events, all of them, and from the kind and the level of the noise on them.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np

from aelab.baselines import filters, smoothers
from aelab.baselines.nearest import Nearest
from aelab.baselines.noisy import Events, Pair
from aelab.baselines.projection import projection
from aelab.baselines.regression import ridge
from aelab.baselines.tuning import Axis, counts
from aelab.baselines.wiener import Doubted, Wiener

WORKERS = 2  # processes
PENALTY = 1e-3  # of the regression whose guesses are looked up among training events
SMALL = 1e-5  # share of the mean variance that doubted entries of images have besides: less, and nothing changes
FEW = 1000  # events for which they are not worth starting
SHARES = (0.35, 0.5, 0.7, 1.0, 1.4)  # of the size of the noise: strengths to begin with


class Denoiser(NamedTuple):
    """A method, the axes of its settings, and whether it is slow: many events then go to several processes."""

    apply: Callable[..., np.ndarray]
    axes: Mapping[str, Axis | Sequence[Any]]
    slow: bool = False

    def __call__(self, x: np.ndarray, **setting: Any) -> np.ndarray:
        """What it makes of events."""
        if not self.slow or len(x) < FEW:
            return self.apply(x, **setting)
        parts = np.array_split(x, 4 * WORKERS)
        with ProcessPoolExecutor(WORKERS, mp_context=get_context("forkserver")) as pool:
            return np.concatenate(list(pool.map(partial(self.apply, **setting), parts)))


def denoisers(events: Events, kind: str, level: float) -> dict[str, Denoiser]:
    """All methods for a kind of noise, by name; `level` is told to them, as it is to no net of a range."""
    seen = events.validation(kind, level)
    size = _size(seen) or level  # noise may change none of the events, such as black ones of which entries are missing
    strengths = {"strength": Axis([float(s) for s in size * np.array(SHARES)])}
    found = fitted(events, kind, level) | ({} if events.images else series(kind))
    around = events.images or kind == "gaussian"  # a filter knows nothing of missing steps
    return found | (spatial(kind, strengths, events.images) if around else {})


def _size(seen: Pair) -> float:
    """The root of the mean square of what noise changes."""
    return float(np.sqrt(np.square(seen.noisy - seen.clean).mean()))


def fitted(events: Events, kind: str, level: float) -> dict[str, Denoiser]:
    """Those that are fitted to training events."""
    regression, most = ridge(events.blocks(kind, level)), min(events.train.shape[0], events.train[0].size)
    nearest = Nearest(events.train, partial(regression, penalty=PENALTY))
    among = {"k": counts((5, 10, 20), len(events.train)), "to": ("noisy", "guess")}
    width = {"width": counts((8, 16, 32, 64, 128), most)}
    return {
        "PCA": Denoiser(projection(events.moments), width),
        "ridge": Denoiser(regression, {"penalty": Axis((0, 1e-4, 1e-3, 1e-2), least=0)}),
        "Gaussian": normal(events, kind, level),
        "neighbours": Denoiser(nearest, among, slow=events.images),
    }


def normal(events: Events, kind: str, level: float) -> Denoiser:
    """The conditional mean of one normal distribution."""
    if kind == "gaussian":
        return Denoiser(Wiener(events.moments), {"sigma": Axis([level * share for share in (0.7, 1, 1.4)])})
    variance = float(events.moments.covariance.trace()) / len(events.moments.mean)
    axes: dict[str, Any] = {"jitter": Axis([variance * share for share in (1e-4, 1e-3, 1e-2)], least=variance * 1e-6)}
    if events.unit:  # else a lone 0 is no value of real numbers, and no 0 is true
        axes = {"jitter": (variance * SMALL,), "trust": Axis((10, 30, 100), least=0)}
    ones = kind == "salt_and_pepper"
    axes |= {"trust_in_ones": Axis((0, 1, 3), least=0)} if ones else {}
    return Denoiser(Doubted(events.moments, ones), axes, slow=True)


def spatial(kind: str, strengths: dict[str, Axis], images: bool) -> dict[str, Denoiser]:
    """Those that look at what stands around an entry."""
    size = Axis((3, 5), least=1, step=2, whole=True)
    found = {
        "median": Denoiser(filters.median, {"size": size}),
        "wavelet": Denoiser(filters.wavelet, strengths),
        "total variation": Denoiser(filters.total_variation, strengths, slow=True),
    }
    if images:
        patches = strengths | {"side": Axis((3, 5), least=1, step=2, whole=True)}
        found["non-local means"] = Denoiser(filters.non_local_means, patches, slow=True)
    if find_spec("pywt"):  # of the development extra
        found["BayesShrink"] = Denoiser(filters.bayes_shrink, strengths, slow=True)
    if kind == "masking":
        found["closing"] = Denoiser(filters.closing, {"size": Axis((2, 3), least=1, step=1, whole=True)})
    return found


def series(kind: str) -> dict[str, Denoiser]:
    """Those for curves in time; a missing step is 0, which no step of real numbers is by itself."""
    trend = {"level": Axis((0, 0.1, 1, 10), 0, 1e5), "slope": Axis((1e-3, 1e-2, 0.1, 1), most=1e5)}
    window = {"window": Axis((5, 7, 9), least=3, step=2, whole=True), "order": Axis((1, 2, 3), 0, step=1, whole=True)}
    found = {
        "Savitzky–Golay": Denoiser(smoothers.savitzky_golay, window),
        "Kalman": Denoiser(partial(_with_gaps, smoothers.kalman) if kind == "masking" else smoothers.kalman, trend),
    }
    if kind == "masking":
        for name in ("linear", "cubic", "pchip"):
            found[f"{name} interpolation"] = Denoiser(partial(_with_gaps, smoothers.interpolated, kind=name), {})
    return found


def _with_gaps(method: Callable[..., np.ndarray], x: np.ndarray, **setting: Any) -> np.ndarray:
    return method(np.where(x == 0, np.nan, x), **setting)
