"""Probes against scikit-learn's own answers and by hand."""

from types import SimpleNamespace

import numpy as np
from sklearn.metrics import confusion_matrix

from aelab.evaluation.probes import accuracies, confusion, few, nearest, probe, read_out

RNG = np.random.default_rng(0)
LABELS = RNG.integers(0, 3, 90)
CODES = np.eye(3)[LABELS] * 4 + RNG.normal(size=(90, 3)) * 0.3  # three clouds far apart


def test_few_labels_are_as_many_of_each_class():
    own = few(LABELS, 12, 0)
    assert np.bincount(LABELS[own]).tolist() == [4, 4, 4]
    assert len(set(own.tolist())) == 12
    assert sorted(np.bincount(LABELS[few(LABELS, 13, 0)])) == [4, 4, 5]
    assert few(LABELS, 12, 0).tolist() == own.tolist() != few(LABELS, 12, 1).tolist()


def test_clouds_far_apart_are_told_apart():
    told = few(LABELS, 9, 0)
    for classify in (probe, nearest):
        np.testing.assert_array_equal(classify(CODES[told], LABELS[told], CODES), LABELS)


def test_of_one_class_all_are_taken_for_it():
    np.testing.assert_array_equal(probe(np.eye(3), np.full(3, 7), np.ones((2, 3))), [7, 7])


def test_the_probe_does_not_care_for_scale_or_shift():
    noisy = CODES + RNG.normal(size=CODES.shape) * 3
    moved = noisy * np.array([1e-3, 1, 1e3]) + 7
    np.testing.assert_array_equal(probe(noisy, LABELS, noisy), probe(moved, LABELS, moved))


def test_confusions_are_scikit_learns():
    guess = RNG.integers(0, 3, 90)
    np.testing.assert_array_equal(confusion(LABELS, guess, 3), confusion_matrix(LABELS, guess))


def test_accuracies_come_one_a_draw():
    found = accuracies(nearest, (CODES, LABELS), (CODES, (LABELS + 1) % 3), (9, 12, 1000), draws=2)
    assert found == {"9": [0.0, 0.0], "12": [0.0, 0.0]}


def test_both_classifiers_read_out_the_same_codes():
    sets = {split: SimpleNamespace(label=LABELS) for split in ("train", "test")}
    sets["test"].label = np.r_[LABELS[:81], (LABELS[81:] + 1) % 3]  # a tenth is wrong
    found = read_out({"train": CODES, "test": CODES}, sets, (12,), draws=2)
    assert list(found) == ["probe", "kNN"]
    for read in found.values():
        assert read.accuracy == {"12": [90.0, 90.0], "all": [90.0]}
        np.testing.assert_array_equal(read.hits, np.arange(90) < 81)
