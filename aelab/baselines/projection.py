"""Projection of noisy events on the first principal components of the clean training events."""

from typing import NamedTuple

import numpy as np

from aelab.baselines.gaussian import Moments


class Projection(NamedTuple):
    """All components, the first one of the largest variance."""

    mean: np.ndarray  # [entry]
    components: np.ndarray  # [entry, component]

    def __call__(self, x: np.ndarray, width: int) -> np.ndarray:
        """The events in the plane of the first `width` components, float32."""
        axes = self.components[:, :width]
        return (self.mean + (x.reshape(len(x), -1) - self.mean) @ axes @ axes.T).astype(np.float32).reshape(x.shape)


def projection(fitted: Moments) -> Projection:
    """The components are eigenvectors of the covariance."""
    return Projection(fitted.mean, np.linalg.eigh(fitted.covariance)[1][:, ::-1])
