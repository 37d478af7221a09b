"""The worth of anomaly scores against counting, scikit-learn and the promise of a conformal threshold."""

import itertools

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from aelab.evaluation import detection


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


def test_auroc_of_draws_is_that_of_the_events_repeated():
    rng = np.random.default_rng(0)
    score, anomalous = rng.integers(0, 6, 30), rng.random(30) < 0.4
    count = rng.integers(0, 4, (5, 30))
    expected = [roc_auc_score(np.repeat(anomalous, own), np.repeat(score, own)) for own in count]
    np.testing.assert_allclose(detection.auroc(score, anomalous, count), expected, rtol=1e-12)


def test_a_lead_in_auroc_is_the_difference_and_its_interval_that_of_resampled_events():
    rng = np.random.default_rng(1)
    anomalous = rng.random((2, 200)) < 0.5
    ours, rival = (
        anomalous[:, None] + rng.normal(0, 0.7, (2, 2, 200)),
        anomalous[:, None] + rng.normal(0, 2, (2, 1, 200)),
    )
    found = detection.auroc_lead(ours, rival, anomalous)

    def difference(index):
        each = [
            [roc_auc_score(kind[index], own[index]) for own, kind in zip(scores[:, seed], anomalous, strict=True)]
            for scores in (ours, rival)
            for seed in range(scores.shape[1])
        ]
        return np.mean(each[:2]) - np.mean(each[2:])

    assert found.value == pytest.approx(difference(np.arange(200)))
    draws = [difference(rng.integers(0, 200, 200)) for _ in range(40)]
    np.testing.assert_allclose(found[1:], np.quantile(draws, [0.025, 0.975]), atol=0.04)
    assert detection.auroc_lead(rival, rival, anomalous) == (0, 0, 0)


@pytest.mark.parametrize("shape", [(20, 2), (12, 16, 1), (9,)])
def test_a_moved_copy_is_its_event_rolled_by_up_to_a_quarter(shape):
    x = np.random.default_rng(0).normal(size=(3, *shape))
    space = shape[:-1] or shape
    steps = [[s for n in range(1, max(size // 4, 1) + 1) for s in (-n, n)] for size in space]
    copies = detection.moved(x, seed=0, copies=2)
    assert len(copies) == 6
    for copy, own in zip(copies, np.tile(x, (2, *(1 for _ in shape))), strict=True):
        rolled = [np.roll(own, step, range(len(space))) for step in itertools.product(*steps)]
        assert sum(np.array_equal(copy, one) for one in rolled) == 1


def test_separation_is_the_chance_that_a_copy_looks_stranger():
    normal, copies = np.array([0.0, 1, 2]), np.array([1.0, 3])
    assert detection.separation(normal, copies) == pytest.approx((1 + 0.5 + 0 + 3) / 6)
