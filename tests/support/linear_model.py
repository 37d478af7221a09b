"""A model whose every bound is known: x = Wz + b + σε with z and ε standard normal and WᵀW diagonal."""

from typing import Any, NamedTuple

import numpy as np
import scipy.stats

from aelab import latents, likelihoods, priors
from aelab.batch import Batch
from aelab.model import Autoencoder
from aelab.nets import mlp


class LinearGaussian(NamedTuple):
    """Its true posterior is a diagonal normal, so the library's own parts can hold it exactly."""

    model: Autoencoder
    w: np.ndarray  # [feature, latent]
    b: np.ndarray
    sigma: float
    x: np.ndarray  # a few events

    @property
    def variance(self):
        """Of the true posterior, per code entry."""
        return 1 / (1 + np.square(self.w).sum(0) / self.sigma**2)

    @property
    def mean(self):
        """Of the true posterior, per event and code entry."""
        return (self.x - self.b) @ self.w * self.variance / self.sigma**2

    @property
    def log_marginal(self):
        """log p(x) per event."""
        covariance = self.w @ self.w.T + self.sigma**2 * np.eye(len(self.b))
        return scipy.stats.multivariate_normal(self.b, covariance).logpdf(self.x)

    def params(self, shift=0.0, log_ratio=0.0) -> dict[str, Any]:
        """With q(z|x) off the true posterior: `shift` is added to its mean, `log_ratio` to its log variance."""
        to_mean = self.w * self.variance / self.sigma**2
        kernel = np.concatenate([to_mean, 0 * to_mean], 1)
        bias = np.concatenate([shift - self.b @ to_mean, np.log(self.variance) + log_ratio])
        decoder = {"kernel": np.float32(self.w.T), "bias": np.float32(self.b)}
        heads = {"kernel": np.float32(kernel), "bias": np.float32(bias)}
        return {"model": {"posterior": {"mean_and_log_variance": heads}, "decoder": {"Dense_0": decoder}}}

    def gap(self, shift, log_ratio):
        """KL(q(z|x) || p(z|x)), the same for every x."""
        return 0.5 * (np.exp(log_ratio) + shift**2 / self.variance - 1 - log_ratio).sum()

    def batch(self, draws: int) -> Batch:
        """Each event `draws` times in a row, each row with an index of its own."""
        x = np.float32(np.repeat(self.x, draws, 0))
        return Batch(x, x, index=np.arange(len(x)))


def linear_gaussian_model() -> LinearGaussian:
    """Four numbers an event, two numbers a code, three events."""
    rng = np.random.default_rng(0)
    directions, _ = np.linalg.qr(rng.normal(size=(4, 2)))
    sigma, b = 0.6, rng.normal(size=4)
    model = Autoencoder(
        encoder=mlp.Encoder(()),  # the identity
        posterior=latents.Gaussian(2),
        prior=priors.standard_normal(2),
        decoder=mlp.Decoder((4,), ()),  # affine
        likelihood=likelihoods.Normal(sigma),
    )
    return LinearGaussian(model, directions * [1.5, 0.7], b, sigma, x=b + 1.5 * rng.normal(size=(3, 4)))
