import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from aelab.baselines.gaussian import conditional_mean, moments


@pytest.fixture
def train():
    rng = np.random.default_rng(0)
    return (rng.normal(size=(300, 20)) @ rng.normal(size=(20, 20)) + 3).reshape(300, 5, 4)


def test_moments_are_those_of_numpy(train):
    mean, covariance = moments(train.astype(np.float32))
    np.testing.assert_allclose(mean, train.reshape(300, -1).mean(0), rtol=1e-5)
    np.testing.assert_allclose(covariance, np.cov(train.reshape(300, -1).T, bias=True), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("share", [0.2, 0.8])  # solved in the hidden part, and in the visible one
def test_without_a_ridge_it_is_least_squares_of_the_hidden_on_the_visible(train, share):
    rng = np.random.default_rng(1)
    x, hidden = rng.normal(size=(6, 5, 4)), rng.random((6, 5, 4)) < share
    hidden[3:] = hidden[:3]  # two events each have one hole
    guess = conditional_mean(moments(train), np.where(hidden, 0, x), hidden, 0)
    flat = train.reshape(300, -1)
    for i in range(6):
        h = hidden[i].ravel()
        regression = LinearRegression().fit(flat[:, ~h], flat[:, h])
        np.testing.assert_allclose(guess[i].ravel()[h], regression.predict(x[i].ravel()[None, ~h])[0], rtol=1e-6)
        np.testing.assert_array_equal(guess[i].ravel()[~h], x[i].ravel()[~h])


def test_a_ridge_is_noise_that_every_entry_has(train):
    """A large one leaves the mean, as does an event hidden as a whole; where nothing is hidden, nothing changes."""
    x, hidden = np.zeros((3, 5, 4)), np.zeros((3, 5, 4), bool)
    hidden[0], hidden[1, 2] = True, True
    guess = conditional_mean(moments(train), x, hidden, 1e9)
    expected = np.where(hidden, train.mean(0), 0)
    np.testing.assert_allclose(guess, expected, atol=1e-4)
