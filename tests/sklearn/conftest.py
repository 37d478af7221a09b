"""A small fitted estimator that the tests of the room share, and a linear one whose distributions are known."""

import jax
import numpy as np
import pytest

from aelab.sklearn import Autoencoder


@pytest.fixture(scope="session")
def table():
    """Rows of three columns in different units, the last two of which go together."""
    noise = np.random.default_rng(0).normal(size=(80, 3))
    return np.c_[noise[:, 0], noise[:, 1], noise[:, 1] + 0.1 * noise[:, 2]] * (1, 50, 0.01) + (0, 1000, 3)


@pytest.fixture(scope="session")
def fitted(table):
    """Nobody changes it."""
    return Autoencoder(2, widths=(8,), epochs=3, batch_size=32, random_state=0).fit(table)


LOADINGS = np.array([[1.0, 0.5, -0.8, 0.0], [0.2, -0.9, 0.6, 0.0]])  # W: the last column depends on no code
CENTRE, LOG_SIGMA = np.array([0.1, -0.2, 0.3, 0.4]), -0.5


@pytest.fixture(scope="session")
def linear():
    """x = z W + b + σ ε without hidden layers, in units of the table; q(z|x) is some other normal."""
    x = np.random.default_rng(1).normal(size=(40, 4))
    model = Autoencoder(2, widths=(), epochs=1, standardise=False, score_draws=4000, random_state=0).fit(x)
    params = jax.tree.map(np.zeros_like, model.state_.params)
    (dense,) = params["model"]["decoder"].values()
    dense["kernel"], dense["bias"] = LOADINGS.astype("f4"), CENTRE.astype("f4")
    params["model"]["likelihood"]["log_sigma"] = np.float32(LOG_SIGMA)
    model.state_ = model.state_._replace(params=params)
    return model


@pytest.fixture(scope="session")
def marginal():
    """Mean and covariance of p(x) of the linear one: b, and W'W + σ² I."""
    return CENTRE, LOADINGS.T @ LOADINGS + np.exp(2 * LOG_SIGMA) * np.eye(4)
