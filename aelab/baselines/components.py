"""What a net must beat: classical methods on the same splits, in the same units."""

from typing import NamedTuple

import numpy as np

from aelab.data.normalise import normalised
from aelab.data.source import Source, Splits

COVARIANCE = 2000  # entries of an event up to which the covariance is the quick way to its components


class Projection(NamedTuple):
    """Events as their first principal components."""

    train: np.ndarray  # codes [example, component]
    test: np.ndarray
    squared_error: float  # Σ (x − x̂)² per test event


def pca_squared_error(splits: Splits, width: int) -> float | None:
    """Σ (x − x̂)² per test event with x̂ its projection on the first `width` principal components of train."""
    found = pca(splits, (width,)).get(width)
    return found and found.squared_error


def pca(splits: Splits, widths: tuple[int, ...]) -> dict[int, Projection]:
    """The projections on the first principal components of train, by their number.

    On the values the nets see, centred on the train mean, not clipped. A width is left out where events differ in
    length or have no more entries than that.
    """
    from sklearn.decomposition import PCA  # here: it takes a second to import

    train, test = (events(source).astype(np.float64) for source in (splits.train, splits.test))
    fitting = [width for width in widths if not splits.spec.lengths and width < min(train.shape)]
    if not fitting:
        return {}
    solver = "covariance_eigh" if train.shape[1] <= min(COVARIANCE, len(train)) else "full"
    fitted = PCA(max(fitting), svd_solver=solver).fit(train)
    codes, own = fitted.transform(train), fitted.transform(test)
    whole = np.square(test - fitted.mean_).sum(1).mean()  # the components are orthonormal: what they hold is its part
    return {
        w: Projection(codes[:, :w], own[:, :w], float(whole - np.square(own[:, :w]).sum(1).mean())) for w in fitting
    }


def pixels_and_components(splits: Splits, width: int) -> dict[str, dict[str, np.ndarray]]:
    """What stands for a code that is not learnt, by name and by split: the entries, and `width` principal components.

    The latter are left out where `pca` leaves them out.
    """
    found = {"pixels": {"train": events(splits.train), "test": events(splits.test)}}
    if projection := pca(splits, (width,)).get(width):
        found["PCA"] = {"train": projection.train, "test": projection.test}
    return found


def events(source: Source) -> np.ndarray:
    """A whole split as the nets see it, float32 of shape (example, entry); entries that are missing are 0."""
    x = normalised(source.get_batch(np.arange(len(source))), source.spec)
    return x.reshape(len(x), -1)
