"""The linear rivals, held against scikit-learn and against the linear algebra that they shorten."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge as Reference
from sklearn.neighbors import KNeighborsRegressor

from aelab.baselines.gaussian import conditional_mean, moments
from aelab.baselines.nearest import Nearest
from aelab.baselines.projection import projection
from aelab.baselines.regression import ridge
from aelab.baselines.wiener import Doubted, Wiener


@pytest.fixture(scope="module")
def clean():
    """Events whose entries belong together, some of which are 0 or 1."""
    rng = np.random.default_rng(0)
    x = 0.4 + 0.3 * rng.normal(size=(200, 5)) @ rng.normal(size=(5, 12)) / 2
    return np.clip(x, 0, 1).astype(np.float32).reshape(200, 4, 3, 1)


@pytest.fixture(scope="module")
def noisy(clean):
    return (clean + 0.3 * np.random.default_rng(1).normal(size=clean.shape)).astype(np.float32)


@pytest.mark.parametrize("penalty", [0, 0.05])
def test_ridge_is_that_of_scikit_learn_whatever_its_blocks(clean, noisy, penalty):
    own = ridge([(clean[:70], noisy[:70]), (clean[70:], noisy[70:])])(noisy[:9], penalty)
    reference = Reference(200 * penalty).fit(noisy.reshape(200, -1), clean.reshape(200, -1))
    np.testing.assert_allclose(own.reshape(9, -1), reference.predict(noisy[:9].reshape(9, -1)), atol=1e-5)


def test_the_components_are_those_of_scikit_learn(clean, noisy):
    reference = PCA(4).fit(clean.reshape(200, -1))
    expected = reference.inverse_transform(reference.transform(noisy.reshape(200, -1)))
    own = projection(moments(clean))(noisy, 4)
    np.testing.assert_allclose(own.reshape(200, -1), expected, atol=1e-5)


def test_the_conditional_mean_under_normal_noise_is_that_of_the_joint_distribution(clean, noisy):
    fitted = moments(clean)
    both = np.block(
        [[fitted.covariance, fitted.covariance], [fitted.covariance, fitted.covariance + 0.09 * np.eye(12)]]
    )
    shift = both[:12, 12:] @ np.linalg.inv(both[12:, 12:]) @ (noisy[3].ravel() - fitted.mean)
    np.testing.assert_allclose(Wiener(fitted)(noisy, 0.3)[3].ravel(), fitted.mean + shift, atol=1e-6)


def test_without_trust_a_doubted_entry_is_a_hidden_one(clean):
    fitted = moments(clean)
    hidden = np.random.default_rng(2).random(clean.shape) < 0.4
    seen = np.where(hidden, 0, np.maximum(clean, 1e-3)).astype(np.float32)
    own = Doubted(fitted, ones=False)(seen, 0.01)
    np.testing.assert_allclose(own, conditional_mean(fitted, seen, hidden, 0.01), atol=1e-5)


def test_trust_is_the_precision_of_noise_on_doubted_entries_alone(clean):
    """The same by the joint normal distribution of the true event and of what is seen."""
    fitted, seen = moments(clean), clean[5].copy()
    seen[0, 0], seen[2, 1] = 0, 1
    own = Doubted(fitted, ones=True)(seen[None], 0.01, 4.0, 25.0)[0].ravel()
    flat = seen.ravel()
    covariance = fitted.covariance + 0.01 * np.eye(12)
    noise = np.diag(np.select([flat == 0, flat == 1], [1 / 4.0, 1 / 25.0]))
    expected = fitted.mean + covariance @ np.linalg.solve(covariance + noise, flat - fitted.mean)
    np.testing.assert_allclose(own, expected, atol=1e-5)


def test_neighbours_are_those_of_scikit_learn(clean, noisy):
    reference = KNeighborsRegressor(3).fit(clean.reshape(200, -1), clean.reshape(200, -1))
    nearest = Nearest(clean, lambda x: x / 2)
    for to, near in (("noisy", noisy), ("guess", noisy / 2)):
        expected = reference.predict(near.reshape(200, -1))
        np.testing.assert_allclose(nearest(noisy, 3, to).reshape(200, -1), expected, atol=1e-5)
