import numpy as np
import pytest
from scipy.interpolate import make_interp_spline
from sklearn.metrics import log_loss
from sklearn.neighbors import KNeighborsRegressor

from aelab.baselines.inpainting import biharmonic, interpolated, mean_event, neighbours
from aelab.evaluation.restoration import hidden_bce, hidden_scores


@pytest.fixture
def events():
    rng = np.random.default_rng(0)
    train, clean = rng.random((200, 8, 8, 1)).astype(np.float32), rng.random((30, 8, 8, 1)).astype(np.float32)
    hidden = np.zeros(clean.shape, bool)
    hidden[:, 2:6, 3:7] = True
    return train, clean, np.where(hidden, 0, clean), hidden


def test_neighbours_are_those_of_scikit_learn_on_the_visible_part(events):
    train, _, seen, hidden = events
    visible = ~hidden[0].ravel()
    flat = train.reshape(200, -1)
    knn = KNeighborsRegressor(3).fit(flat[:, visible], flat[:, ~visible])
    guess = neighbours(train, seen, hidden, 3).reshape(30, -1)
    np.testing.assert_allclose(guess[:, ~visible], knn.predict(seen.reshape(30, -1)[:, visible]), rtol=1e-5)
    np.testing.assert_array_equal(guess[:, visible], seen.reshape(30, -1)[:, visible])


def test_only_the_hole_counts(events):
    train, clean, seen, hidden = events
    guess = mean_event(train, seen, hidden)
    error = hidden_scores(clean, guess, hidden)["mse"]
    assert error == hidden_scores(clean, np.where(hidden, guess, 99), hidden)["mse"]
    np.testing.assert_allclose(error, np.square(clean - guess)[hidden].mean(), rtol=1e-6)


def test_an_event_without_a_hole_has_no_score(events):
    _, clean, seen, hidden = events
    hidden[0] = False
    assert hidden_scores(clean, seen, hidden) == hidden_scores(clean[1:], seen[1:], hidden[1:])


def test_bce_in_the_hole_is_that_of_scikit_learn():
    rng = np.random.default_rng(1)
    x, logits = (rng.random((1, 50)) < 0.5).astype(float), rng.normal(size=(1, 50))
    hidden = rng.random((1, 50)) < 0.5
    theirs = log_loss(x[hidden], 1 / (1 + np.exp(-logits[hidden])), normalize=False)
    np.testing.assert_allclose(hidden_bce(x, logits, hidden), theirs)


def test_a_plane_is_its_own_smoothest_surface():
    plane = np.add.outer(np.linspace(0, 0.5, 12), np.linspace(0, 0.3, 12))[None, ..., None]
    hidden = np.zeros(plane.shape, bool)
    hidden[:, 4:8, 5:9] = True
    np.testing.assert_allclose(biharmonic(np.where(hidden, 0, plane), hidden), plane, atol=1e-6)


@pytest.mark.parametrize(("curve", "how"), [("linear", {"k": 1}), ("cubic", {"k": 3, "bc_type": "natural"})])
def test_a_curve_is_the_spline_through_what_is_visible(curve, how):
    rng = np.random.default_rng(2)
    x, hidden = rng.normal(size=(3, 12, 2)), rng.random((3, 12, 2)) < 0.4
    hidden[0, :4, 0], hidden[1, 9:, 1], hidden[2, :, 1] = True, True, True  # a first part, a last one, and all
    guess = interpolated(np.where(hidden, 0, x), hidden, curve)
    for event, channel in [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0)]:
        seen = np.flatnonzero(~hidden[event, :, channel])
        spline = make_interp_spline(seen, x[event, seen, channel], **how)
        expected = spline(np.arange(12).clip(seen[0], seen[-1]))
        np.testing.assert_allclose(guess[event, :, channel], expected, atol=1e-12)
    np.testing.assert_array_equal(guess[2, :, 1], 0)


def test_pchip_has_the_harmonic_mean_of_the_slopes_on_both_sides():
    x, hidden = np.array([0, 0, 1, 0, 3, 0, 3.5]).reshape(1, 7, 1), np.zeros((1, 7, 1), bool)
    hidden[0, [1, 3, 5]] = True
    at_2, at_4 = 2 / (1 / 0.5 + 1 / 1), 2 / (1 / 1 + 1 / 0.25)
    np.testing.assert_allclose(interpolated(x, hidden, "pchip")[0, 3, 0], (1 + 3) / 2 + 2 / 8 * (at_2 - at_4))
