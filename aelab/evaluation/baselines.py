"""What a net must beat: classical methods on the same splits, in the same units."""

import numpy as np

from aelab.data.arrays import seen
from aelab.data.source import Source, Splits


def pca_squared_error(splits: Splits, width: int) -> float | None:
    """Σ (x − x̂)² per test event with x̂ its projection on the first `width` principal components of train.

    On the values the nets see, centred on the train mean, not clipped. None where events differ in length or have no
    more entries than that.
    """
    from sklearn.decomposition import PCA  # here: it takes a second to import

    train, test = events(splits.train), events(splits.test)
    if splits.spec.lengths or min(train.shape) <= width:
        return None
    pca = PCA(width, svd_solver="full").fit(train)
    error = test - pca.inverse_transform(pca.transform(test))
    return float(np.square(error, dtype=np.float64).sum(1).mean())


def events(source: Source) -> np.ndarray:
    """A whole split as the nets see it, float32 of shape (example, entry)."""
    x = seen(source.get_batch(np.arange(len(source))), source.spec)
    return x.reshape(len(x), -1)
