"""Samples under a judge, and another set: what is undefined says why, and a broken judge is a line."""

import numpy as np
import pytest

from aelab.errors import ConfigError, DataError
from aelab.evaluation.estimate import Estimate
from aelab.measures import against, samples
from aelab.measures.measure import Undefined
from aelab.measures.subject import Asked, read


@pytest.fixture
def subject(copy):
    return read(copy, Asked())


def test_series_and_plain_autoencoders_have_no_judge(subject, monkeypatch):
    assert samples.undefined(subject) == ""
    series = subject.splits._replace(spec=subject.splits.spec._replace(shape=(64, 1)))
    monkeypatch.setattr(subject, "splits", series)
    assert {type(each) for each in samples.measure(subject)} == {Undefined}


def test_a_file_that_is_no_judge_is_named(subject):
    folder = subject.run.path.parent / "judges"
    folder.mkdir()
    file = folder / f"{subject.splits.train.fingerprint[:16]}-s{samples.SEED}.npz"
    for content in (b"no zip", b""):
        file.write_bytes(content)
        with pytest.raises(ConfigError, match=file.name):
            samples.judge_beside(subject)


def test_copies_of_training_images_are_not_new(subject, monkeypatch):
    train = subject.splits.train

    def copies(subject, batch):
        return np.asarray(train.get_batch(np.asarray(batch.index))["x"] / 16, np.float32)

    monkeypatch.setattr(samples, "sample", copies)
    found = samples.novelty(subject)
    assert isinstance(found, Estimate)
    assert found.value == pytest.approx(0, abs=1e-3)


def test_another_set_has_events_of_the_same_shape(subject):
    with pytest.raises(DataError, match="28 × 28 × 1, and those of the run 8 × 8 × 1"):
        against.group(subject, "fashion_small")


def test_a_set_that_is_unknown_is_named_by_its_flag(subject):
    with pytest.raises(DataError, match="--against: unknown set 'nosuch'"):
        against.group(subject, "nosuch")


def test_a_set_is_not_told_from_itself(subject):
    found = against.measure(subject, subject.source)
    assert [each.value for each in found[:3]] == pytest.approx([0.5] * 3)


def test_a_picture_has_samples_over_the_training_examples_they_are_nearest_to(subject):
    folder = subject.run.path / "figures"
    made, rows = np.zeros((2, *subject.splits.spec.shape), "f4"), np.array([3, 1])
    samples.draw_nearest(subject, made, rows)
    with np.load(folder / "nearest.npz") as stored:
        raw = subject.splits.train.get_batch(rows)["x"]
        np.testing.assert_allclose(stored["train"], raw / subject.splits.spec.scale, rtol=1e-6)
        np.testing.assert_array_equal(stored["samples"], made)
    assert (folder / "nearest.png").exists()
