"""Anomaly scores against geometry, counting and the promise of a conformal threshold."""

import jax
import numpy as np
import pytest

from aelab import latents, likelihoods, nets
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.evaluation import detection
from aelab.model import Autoencoder


def test_auroc_is_the_share_of_pairs_in_the_right_order():
    rng = np.random.default_rng(0)
    normal, strange = rng.normal(0, 1, 40).round(1), rng.normal(1, 1, 30).round(1)
    pairs = (strange[:, None] > normal) + 0.5 * (strange[:, None] == normal)
    found = detection.ranking(np.r_[normal, strange], np.r_[np.zeros(40, bool), np.ones(30, bool)])
    assert found["auroc"] == pytest.approx(pairs.mean())


def test_average_precision_of_a_perfect_and_of_a_chance_ranking():
    anomalous = np.arange(1000) < 100
    assert detection.ranking(anomalous.astype(float), anomalous)["average_precision"] == 1
    chance = detection.ranking(np.random.default_rng(0).uniform(size=1000), anomalous)
    assert chance["average_precision"] == pytest.approx(0.1, abs=0.04)


def test_new_normal_events_exceed_the_threshold_as_rarely_as_promised():
    rng = np.random.default_rng(0)
    rates = []
    for _ in range(4000):
        limit = detection.threshold(rng.exponential(size=39), 0.1)
        rates.append(np.exp(-limit))  # the chance of an exponential above it, exactly
    assert np.mean(rates) == pytest.approx(0.1, rel=0.03)


@pytest.mark.parametrize("rate", [0.05, 0.1, 0.25])
@pytest.mark.parametrize("n", [20, 30, 39, 40, 100])
def test_the_threshold_is_the_lowest_score_that_keeps_the_promise(n, rate):
    """Of n + 1 events that might have come in any order, the new one has each rank with the same chance."""
    order = np.random.default_rng(0).permuted(np.tile(np.arange(n + 1.0), (2000, 1)), axis=1)
    limits = np.array([detection.threshold(events[:n], rate) for events in order])
    exceeded = (order[:, n] > limits).mean()
    assert exceeded <= rate + 4 * (rate / 2000) ** 0.5
    rank = round(detection.threshold(np.arange(1.0, n + 1), rate))  # the score is its own rank
    assert 1 - rank / (n + 1) <= rate + 1e-12 < 1 - (rank - 1) / (n + 1)


def test_too_few_normal_events_give_their_largest_score():
    assert detection.threshold(np.array([3.0, 1.0, 2.0]), 0.05) == 3


def test_an_alarm_is_a_score_above_the_threshold():
    score, anomalous = np.array([0.0, 1.0, 2.0, 3.0]), np.array([False, False, True, True])
    assert detection.alarm(score, anomalous, 2.0) == (2.0, 0.0, 0.5)
    assert detection.alarm(score, anomalous, 1.0) == (1.0, 0.0, 1.0)  # a normal event at the threshold raises none


def test_pca_error_is_the_squared_distance_to_the_plane():
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(50, 2)) @ np.eye(2, 5) + 7
    error = detection.pca_error(plane.astype(np.float32), 2)
    np.testing.assert_allclose(error(plane[:3] + np.array([0, 0, 3, 4, 0])), 25, rtol=1e-4)


@pytest.mark.parametrize("fit", [detection.isolation_forest, detection.one_class_svm])
def test_what_is_far_from_all_normal_events_scores_higher(fit):
    normal = np.random.default_rng(0).normal(size=(300, 3))
    score = fit(normal, 0)
    assert score(np.full((1, 3), 6.0)) > score(normal).max()
    np.testing.assert_array_equal(score(normal), fit(normal, 0)(normal))


def test_the_squared_error_of_a_model_by_hand_and_none_behind_the_end_of_a_series():
    model = Autoencoder(
        encoder=nets.lstm.Encoder(4),
        posterior=latents.Point(2),
        decoder=nets.lstm.Decoder((6, 1), 4),
        likelihood=likelihoods.Normal(1.0),
    )
    x, length = np.random.default_rng(0).normal(size=(7, 6, 1)).astype(np.float32), np.array([6, 5, 4, 3, 2, 1, 6])
    source = ArraySource(x, None, Spec((6, 1), "float32", "real", lengths=(0, 1, 1, 1, 1, 1, 2)), length)
    params = jax.jit(model.init)(jax.random.key(0), x)
    mask = np.arange(6) < length[:, None]
    rebuilt = jax.jit(model.reconstruct)(params, np.where(mask[..., None], x, 0), mask=mask)
    error = detection.squared_error(model, params, source)
    np.testing.assert_allclose(error, np.where(mask[..., None], np.square(x - rebuilt), 0), rtol=1e-4, atol=1e-6)
