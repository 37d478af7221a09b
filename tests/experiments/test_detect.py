"""Choices among detectors: they see no anomaly, and a rival's setting is the best of what was tried."""

import numpy as np
import pytest

from aelab import data
from aelab.baselines.detectors import Method, neighbour_distance
from aelab.baselines.tuning import Axis
from experiments.common import anomalies
from experiments.common.sealed import Sealed


def candidate(method, score, seed, normal, copies, test=(0.0,)):
    closed = {"validation": np.array(normal, float), "copies": np.array(copies, float)}
    facts = {"run": f"{method}-s{seed}", "step": 7}
    return anomalies.Candidate(method, score, seed, closed, lambda _: np.array(test), facts)


def test_the_best_is_that_whose_scores_set_moved_copies_apart_over_all_seeds():
    first = [candidate("mlp", "error", 0, [1, 2], [3, 4]), candidate("mlp", "error", 1, [1, 4], [2, 3])]
    second = [candidate("mlp", "deviance", seed, [1, 3], [2, 4]) for seed in (0, 1)]
    assert [own.separation for own in first + second] == [1, 0.5, 0.75, 0.75]
    assert anomalies.best([*second, *first]) == second  # equal means: the first
    better = [candidate("conv", "error", seed, [1, 2], [2, 4]) for seed in (0, 1)]
    assert anomalies.best([*first, *second, *better]) == better


def test_together_is_the_mean_in_units_of_normal_events():
    members = [
        candidate("a", "error", 0, [1, 3], [4, 8], [2.0]),
        candidate("b", "error", 0, [10, 10], [20, 40], [30.0]),
    ]
    both = anomalies.together("both", members)
    np.testing.assert_allclose(both.closed["validation"], [0.75, 1.25])
    np.testing.assert_allclose(both.closed["copies"], [2, 4])
    np.testing.assert_allclose(both.of_test(None), [2.0])
    assert both.facts["runs"] == ["a-s0", "b-s0"]


def test_scores_of_test_events_are_computed_once():
    asked = []
    of_test = anomalies.once(lambda test: asked.append(test) or len(asked))
    assert of_test("test") == of_test("test") == 1
    assert asked == ["test"]


def test_a_rival_is_tuned_on_normal_events_and_their_copies_and_not_behind_the_opened_test_set():
    sealed = Sealed(data.load("digits", classes=(3,)))
    copies = anomalies.moved_copies(sealed.validation)
    assert 900 < len(copies) <= anomalies.COPIES
    events = [
        source.get_batch(np.arange(len(source)))["x"].reshape(len(source), -1) for source in (sealed.train, copies)
    ]
    held_out = sealed.validation.get_batch(np.arange(len(sealed.validation)))["x"].reshape(len(sealed.validation), -1)
    closed = {"validation": held_out.astype(float), "copies": events[1].astype(float)}
    method = Method(neighbour_distance, {"k": Axis((2, 4), least=1, most=20, whole=True)})
    setting = anomalies.tuned(sealed, method, events[0].astype(float), closed)

    def separation(k):
        near = [
            np.sort(np.linalg.norm(x[:, None] - events[0], axis=-1), 1)[:, k - 1]
            for x in (closed["validation"], closed["copies"])
        ]
        return (near[1][:, None] > near[0]).mean()

    assert separation(int(setting["k"])) == max(separation(k) for k in (1, 2, 4))
    sealed.open()
    with pytest.raises(RuntimeError, match="are open"):
        anomalies.tuned(sealed, method, events[0].astype(float), closed)


def test_the_verdict_holds_the_chosen_against_the_strongest_by_either_measure():
    rivals = [
        {"method": "PCA", "separation": 0.9, "auroc": 0.8, "lead": [0.01, 0.002, 0.02]},
        {"method": "forest", "separation": 0.7, "auroc": 0.6, "lead": [-0.01, -0.02, 0.01]},
        {"method": "forest", "separation": 0.7, "auroc": 1.1},
    ]
    said = anomalies.verdict("conv, error", [0.81], rivals)
    assert "conv, error, AUROC 0.8100" in said
    assert "by moved copies, PCA: +0.0100 (+0.0020 to +0.0200), ahead." in said
    assert "on the test events, forest: −0.0100 (−0.0200 to +0.0100), neither ahead nor behind for sure." in said
