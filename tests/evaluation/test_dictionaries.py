"""Scores of dictionaries, the examples of their units and features that two of them share, by NumPy and enumeration."""

import itertools

import jax
import numpy as np
import pytest
import scipy.stats

from aelab.data.arrays import ArraySource, rows_of, take
from aelab.data.row_names import named
from aelab.data.source import Spec
from aelab.data.splits import split
from aelab.evaluation import dictionaries, features
from aelab.evaluation.batches import batches
from aelab.evaluation.matching import in_all, matched
from aelab.evaluation.unexplained import unexplained
from experiments import sparse

SPEC = Spec((3,), "float32", "real", examples=1)
KEY = jax.random.key(0)


@pytest.fixture(scope="module")
def made():
    """A dictionary of 6 units, 4 of which some of 600 events turn on; model, parameters, events and their codes.

    Scores go through the events in two batches, the second of which is padded.
    """
    rng = np.random.default_rng(0)
    config = sparse.Config(dictionary="l1", latent_dim=6)
    model = sparse.build(config, SPEC).model
    x = rng.normal(0.5, 1, (600, 3)).astype("f4")
    shapes = jax.eval_shape(model.init, KEY, x)
    params = jax.tree.map(lambda leaf: rng.normal(0, 0.7, leaf.shape).astype("f4"), shapes)
    params["model"]["posterior"]["answers"]["bias"][[1, 4]] = -50
    parts = params["model"]
    head = parts["posterior"]["answers"]
    z = np.maximum((x - parts["encoder"]["bias"]) @ head["kernel"] + head["bias"], 0)
    return model, params, x, z


def test_scores_are_those_of_the_whole_split(made):
    model, params, x, z = made
    source = ArraySource(x, None, SPEC)
    decoder = params["model"]["decoder"]
    error = np.square(x - z @ decoder["directions"] - decoder["bias"]).sum()
    expected = error / np.square(x - x.mean(0)).sum()
    assert unexplained(model, params, KEY, source) == pytest.approx(expected, rel=1e-5)
    assert dictionaries.dead_share(model, params, KEY, source) == 2 / 6
    np.testing.assert_array_equal(dictionaries.usage(model, params, source), (z > 0).sum(0))
    score = next(score for score in dictionaries.SCORES if score.name == "l0")
    batch, _ = next(batches(source))
    np.testing.assert_array_equal(score.compute(model, params, KEY, batch), (z[: len(batch.inputs)] > 0).sum(1))


def test_the_examples_of_a_unit_are_those_that_turn_it_on_most(made):
    model, params, x, z = made
    values, events = features.strongest(model, params, ArraySource(x, None, SPEC))
    order = np.argsort(-z[:, [0, 2]], axis=0, kind="stable")[: features.TOP].T
    np.testing.assert_array_equal(events[[0, 2]], order)
    np.testing.assert_allclose(values[[0, 2]], np.take_along_axis(z[:, [0, 2]].T, order, 1), rtol=1e-5)


def test_clear_units_come_first_and_their_rows_are_those_of_the_file(made):
    model, params, x, z = made
    rows = np.arange(5, 590)
    source = take(ArraySource(x, None, SPEC), rows)
    found = features.clearest(model, params, source, names=lambda rows: [f"<{row}>" for row in rows])
    assert not {1, 4} & set(found["units"].tolist())
    alike = []
    for unit, share, names in zip(found["units"], found["share"], found["names"], strict=True):
        top = rows[np.argsort(-z[rows, unit], kind="stable")[: features.TOP]]
        assert names.tolist() == [f"<{row}>" for row in top]
        assert share == pytest.approx((z[rows, unit] > 0).mean())
        unit_rows = x[top] / np.linalg.norm(x[top], axis=1, keepdims=True)
        alike.append(np.mean([a @ b for a, b in itertools.combinations(unit_rows, 2)]))
    assert alike == sorted(alike, reverse=True)


def test_partners_are_the_best_of_all_matchings():
    ours, theirs = np.random.default_rng(1).normal(size=(2, 5, 4))
    ours, theirs = (d / np.linalg.norm(d, axis=1, keepdims=True) for d in (ours, theirs))
    best = max(sum(ours[i] @ theirs[j] for i, j in enumerate(order)) for order in itertools.permutations(range(5)))
    assert matched(ours, theirs).sum() == pytest.approx(best)
    np.testing.assert_allclose(matched(ours, ours[[3, 1, 0, 4, 2]]), 1)
    assert (matched(ours, ours[:3]) > 0.999).tolist() == [True, True, True, False, False]


def test_a_feature_is_in_all_where_every_other_dictionary_has_it():
    turned = scipy.stats.ortho_group(4, seed=np.random.default_rng(2)).rvs()
    first = turned
    near = turned + 0.1 * np.roll(turned, 1, 0)
    near /= np.linalg.norm(near, axis=1, keepdims=True)  # a cosine of 0.995 each
    some = np.concatenate([turned[:2], -turned[2:]])
    np.testing.assert_array_equal(in_all(first, [near]), True)
    np.testing.assert_array_equal(in_all(first, [near, some]), [True, True, False, False])
    np.testing.assert_array_equal(in_all(first, [near], 0.999), False)


def test_rows_are_called_by_the_lines_beside_them(tmp_path):
    np.save(tmp_path / "words.npy", np.random.default_rng(3).normal(size=(6, 2)))
    data = f"npy:{tmp_path / 'words.npy'}"
    assert named(data, np.array([4, 0])) == ["row 4", "row 0"]
    (tmp_path / "words.txt").write_text("a\nb\nc\nd\nzwölf Äpfel\nf\n")
    assert named(data, np.array([4, 0])) == ["zwölf Äpfel", "a"]
    (tmp_path / "words.txt").write_text("a\nb\n")
    assert named(data, np.array([4, 0])) == ["row 4", "row 0"]
    np.save(tmp_path / "words_test.npy", np.zeros((2, 2)))
    assert named("digits", np.array([3])) == ["row 3"]


def test_a_split_knows_where_its_events_stood():
    x = np.arange(60.0).reshape(20, 3)
    parts = split("made", ArraySource(x, None, SPEC), validation=0.2)
    for part in (parts.train, parts.validation, parts.test):
        own = np.arange(len(part))
        np.testing.assert_array_equal(x[rows_of(part, own)], part.get_batch(own)["x"])
