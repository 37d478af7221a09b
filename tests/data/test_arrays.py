"""Sources in memory, the fixed shuffle and the splits it makes."""

import io

import numpy as np
import pytest

from aelab.data.arrays import ArraySource, Subset
from aelab.data.numpy_files import read_npz
from aelab.data.source import Spec
from aelab.data.splits import shuffled, split, split_standardised
from aelab.errors import DataError

SPEC = Spec((2, 2, 1), "uint8", "unit", scale=255.0, levels=256, classes=("a", "b"))


def source(n: int = 20) -> ArraySource:
    return ArraySource(np.arange(4 * n, dtype=np.uint8).reshape(n, 2, 2), np.arange(n) % 2, SPEC)


def events(part: ArraySource) -> list[int]:
    return (part.x[:, 0, 0, 0] // 4).tolist()


def test_a_batch_has_the_events_asked_for():
    batch = source().get_batch(np.array([3, 0, 3]))
    assert batch["x"].shape == (3, 2, 2, 1)
    assert batch["x"].dtype == np.uint8
    np.testing.assert_array_equal(batch["x"][:, 0, 0, 0], [12, 0, 12])
    np.testing.assert_array_equal(batch["label"], [1, 0, 1])


def test_a_source_prints_as_one_line_however_many_numbers_it_holds():
    real = Spec((500,), "float32", "real", scale=(2.0,) * 500, shift=(1.0,) * 500, missing=True)
    rows = ArraySource(np.zeros((4000, 500), np.float32), None, real)
    assert repr(rows) == "ArraySource(4,000 events of shape (500,), float32, real numbers, some of them missing)"
    assert repr(Subset(source(), np.arange(5))) == "Subset(5 events of shape (2, 2, 1), uint8 from 0 to 255)"


def test_a_set_without_classes_has_no_labels():
    bare = ArraySource(source().x, None, SPEC._replace(classes=()))
    assert set(bare.get_batch(np.arange(2))) == {"x"}
    assert set(bare.take(np.arange(2)).get_batch(np.arange(2))) == {"x"}


def test_a_fingerprint_is_of_the_content_alone():
    a, b = source(), source()
    b.x, b.label = np.asfortranarray(b.x), b.label[::-1][::-1]  # the same values, laid out otherwise
    assert a.fingerprint == b.fingerprint
    assert len(bytes.fromhex(a.fingerprint)) == 32


def test_any_change_of_the_content_changes_the_fingerprint():
    changed = [source() for _ in range(2)]
    changed[0].x[7, 1, 1, 0] ^= 1
    changed[1].label[7] ^= 1
    others = [source().take(order) for order in (np.arange(19), np.arange(20)[::-1])]
    reshaped = ArraySource(source().x, source().label, SPEC._replace(shape=(4,)))
    unlabelled = ArraySource(source().x, None, SPEC)
    prints = [each.fingerprint for each in (source(), *changed, *others, reshaped, unlabelled)]
    assert len(set(prints)) == len(prints)


def test_the_shuffle_is_the_one_recorded():
    assert shuffled(10).tolist() == [0, 2, 9, 1, 8, 5, 4, 3, 6, 7]
    assert sorted(shuffled(1000)) == list(range(1000))
    assert shuffled(1000, seed=1).tolist() != shuffled(1000).tolist()


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.999])
def test_a_held_out_share_is_disjoint_complete_and_in_file_order(share):
    parts = split("set", source(), source(), validation=share)
    train, validation = events(parts.train), events(parts.validation)
    assert sorted(train + validation) == list(range(20))
    assert train == sorted(train)
    assert validation == sorted(validation)
    assert len(validation) == min(max(round(20 * share), 1), 19)


def test_a_larger_share_holds_a_smaller_one():
    small, large = (split("set", source(), source(), validation=share).validation for share in (0.1, 0.4))
    assert set(events(small)) < set(events(large))


def test_a_given_test_set_is_left_alone():
    test = source(3)
    assert split("set", source(), test, validation=0.1).test is test


def test_no_share_gives_no_validation():
    parts = split("set", source(), source(3), validation=0)
    assert parts.validation is None
    assert events(parts.train) == list(range(20))


def test_without_a_test_set_a_tenth_becomes_one():
    parts = split("set", source(), validation=0.1)
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [16, 2, 2]
    assert sorted(events(parts.train) + events(parts.validation) + events(parts.test)) == list(range(20))
    assert events(split("set", source(), validation=0).test) == events(parts.test)
    assert events(split("set", source(), validation=0.7).test) == events(parts.test)


def test_labels_stay_with_their_events():
    for part in split("set", source(), validation=0.3)[2:5]:
        np.testing.assert_array_equal(part.label, np.array(events(part)) % 2)


def archive(**arrays) -> bytes:
    np.savez_compressed(file := io.BytesIO(), **arrays)
    return file.getvalue()


def plain(array) -> bytes:
    np.save(file := io.BytesIO(), array)
    return file.getvalue()


GOOD = archive(x=np.arange(1000))
BAD = {
    "empty": b"",
    "text": b"no archive",
    "truncated": GOOD[: len(GOOD) // 2],
    "damaged": GOOD[:200] + bytes(50) + GOOD[250:],
    "without the key": archive(y=np.arange(3)),
    "one array": plain(np.arange(3)),
    "pickled": archive(x=np.array([{}], object)),
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_a_bad_archive_is_named(tmp_path, content):
    path = tmp_path / "set.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"set\.npz(, x)?: cannot be read: .") as caught:
        read_npz(path, "x")
    assert "\n" not in str(caught.value)


def test_a_missing_archive_is_named_once(tmp_path):
    with pytest.raises(DataError, match="no such file") as caught:
        read_npz(tmp_path / "set.npz", "x")
    assert str(caught.value).count("set.npz") == 1


def test_every_part_is_seen_with_the_moments_of_the_training_series_alone():
    """Whose padding counts for nothing."""
    rng = np.random.default_rng(0)
    x, length = rng.normal(5, 3, (30, 4, 2)).astype(np.float32), rng.integers(1, 5, 30)
    train = ArraySource(x, None, Spec((4, 2), "float32", "real"), length)
    test = ArraySource(9 * x[:7], None, train.spec, length[:7])
    splits = split_standardised("series", train, test, validation=0.2)
    part = splits.train.get_batch(np.arange(len(splits.train)))
    real = np.concatenate([events[:n] for events, n in zip(part["x"], part["length"], strict=True)]).astype(float)
    for spec in (splits.spec, splits.train.spec, splits.validation.spec, splits.test.spec):
        np.testing.assert_allclose([spec.shift, spec.scale], [real.mean(0), real.std(0)], rtol=1e-6)
        assert list(spec.lengths) == np.bincount(part["length"], minlength=5).tolist()
