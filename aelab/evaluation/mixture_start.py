"""A mixture prior that starts on the clusters of codes that are there already, as VaDE does.

Jiang et al. 2017, arXiv:1611.05148, section 3: clusters that start anywhere stay where they are. So an autoencoder is
trained first, and a mixture of as many normal distributions is fitted to its codes.
"""

from typing import Any

import jax.numpy as jnp
import numpy as np

from aelab.data.source import Source
from aelab.errors import ConfigError
from aelab.evaluation.densities import training_codes
from aelab.model import Autoencoder, PyTree
from aelab.seeds import random_state

RESTARTS = 3  # of the fit, of which the most likely mixture counts
SEED = 0  # of the draws and the fit: runs of all seeds start alike, alone and in a population


def on_codes(model: Autoencoder, params: PyTree, train: Source) -> PyTree:
    """The parameters with the prior, a `priors.LearnedMixture`, at the mixture that fits the training codes best.

    Raises:
        ConfigError: there are more components than codes.
    """
    from sklearn.mixture import GaussianMixture  # here: it takes a second to import

    codes = training_codes(model, params, train, SEED)
    p: Any = model.prior(params)
    count, shape = len(p.logits), p.components.mean.shape
    if count > len(codes):
        raise ConfigError(f"--prior-components: {count} cannot be fitted to {len(codes)} codes; use fewer")
    fit = GaussianMixture(count, covariance_type="diag", n_init=RESTARTS, random_state=random_state(SEED)).fit(codes)
    numbers = {"means": fit.means_, "log_variances": np.log(fit.covariances_), "logits": np.log(fit.weights_)}
    prior = {name: jnp.float32(value) for name, value in numbers.items()}
    for name in ("means", "log_variances"):
        prior[name] = prior[name].reshape(shape)
    return {**params, "model": {**params["model"], "prior": prior}}
