"""Codes to decode: of training events, from N(0, I), and from densities fitted to those of training events."""

from collections.abc import Sequence
from functools import partial

import numpy as np
from jaxtyping import Float

from aelab.data.source import Source
from aelab.evaluation.batches import by_block
from aelab.evaluation.flow_density import fitted
from aelab.evaluation.programs import code_form, decoded
from aelab.evaluation.scores import codes as posteriors
from aelab.latents import flat, like
from aelab.model import Autoencoder, PyTree
from aelab.seeds import base_key, random_state

FITTED = 20_000  # training codes that densities are fitted to

Codes = Float[np.ndarray, "code latent"]


def training_codes(model: Autoencoder, params: PyTree, train: Source, seed: int) -> Codes:
    """Flat codes of the first training events, drawn from q(z|x), of a plain autoencoder its points; float64."""
    q = posteriors(model, params, train, FITTED)
    return np.asarray(flat(q.sample(base_key(seed), np.arange(min(FITTED, len(train))))), np.float64)


def draw(density: str, codes: Codes, samples: int, components: int, seed: int) -> Codes:
    """From "N(0, I)", or fitted to `codes`: one "Gaussian", a "mixture" of so many components, or a "flow"."""
    rng = np.random.default_rng(seed)
    if density == "N(0, I)":
        return rng.standard_normal((samples, codes.shape[1]))
    if density == "Gaussian":
        return rng.multivariate_normal(codes.mean(0), np.atleast_2d(np.cov(codes, rowvar=False)), samples)
    if density == "flow":
        return fitted(codes, seed)[0](samples)
    from sklearn.mixture import GaussianMixture  # here: it takes a second to import

    mixture = GaussianMixture(components, random_state=random_state(seed), reg_covar=1e-5).fit(codes)
    return rng.permutation(mixture.sample(samples)[0])  # they come component by component


def decode(model: Autoencoder, params: PyTree, z: Codes, event: Sequence[int]) -> Float[np.ndarray, "code *event"]:
    """The mean of p(x|z) of each flat code, 1000 at a time; `event` is the shape of what comes out."""
    codes = like(z.astype("f4"), code_form(model, params, event))
    return by_block(partial(decoded, model, params), codes, 1000)


def on_components(codes: Codes) -> Float[np.ndarray, "code axis"]:
    """Codes on their first two principal axes through the origin, where the prior is centred; one is beside 0."""
    axes = np.linalg.eigh(np.atleast_2d(np.cov(codes, rowvar=False)))[1][:, ::-1]
    return np.pad(codes @ axes[:, :2], [(0, 0), (0, max(0, 2 - codes.shape[1]))])
