"""`npz:` and `npy:`: what a user's arrays are taken for, and which files belong together."""

import numpy as np
import pytest

from aelab import data
from aelab.errors import DataError

RNG = np.random.default_rng(0)


def bytes_(*shape) -> np.ndarray:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize(
    ("x", "shape", "values", "scale", "levels"),
    [
        (bytes_(20, 5, 6), (5, 6, 1), "unit", 255.0, 256),
        (bytes_(20, 5, 6, 3), (5, 6, 3), "unit", 255.0, 256),
        (bytes_(20, 7), (7,), "unit", 255.0, 256),
        (bytes_(20, 5, 6).astype(np.int64), (5, 6, 1), "unit", 255.0, 256),
        (bytes_(20, 5, 6) % 2, (5, 6, 1), "unit", 1.0, 2),
        (bytes_(20, 9) > 99, (9,), "unit", 1.0, 2),
        (bytes_(20, 5, 6).astype(np.uint16) * 200, (5, 6, 1), "unit", 65535.0, 65536),
        (RNG.random((20, 5, 6)), (5, 6, 1), "unit", 1.0, 0),
        (RNG.random((20, 4)).astype(">f4"), (4,), "unit", 1.0, 0),
        (np.asfortranarray(RNG.random((20, 4)).astype(np.float16)), (4,), "unit", 1.0, 0),
    ],
)
def test_shape_type_and_range_say_what_events_are(tmp_path, x, shape, values, scale, levels):
    np.save(tmp_path / "a.npy", x)
    splits = data.load(f"npy:{tmp_path / 'a.npy'}", validation=0.1)
    assert splits.spec[0] == shape
    assert (splits.spec.values, splits.spec.scale, splits.spec.levels) == (values, scale, levels)
    assert [len(part) for part in splits[2:5]] == [16, 2, 2]
    kept = np.concatenate([part.get_batch(np.arange(len(part)))["x"].reshape(len(part), -1) for part in splits[2:5]])
    np.testing.assert_array_equal(np.sort(kept, axis=0), np.sort(x.reshape(20, -1).astype(kept.dtype), axis=0))


def test_other_numbers_are_standardised_on_the_training_events_alone(tmp_path):
    x = RNG.normal([3, -40], [2, 9], (200, 2))
    np.save(tmp_path / "a.npy", x)
    splits = data.load(f"npy:{tmp_path / 'a.npy'}", validation=0.25)
    train = splits.train.get_batch(np.arange(len(splits.train)))["x"].astype(np.float64)
    assert splits.spec.values == "real"
    np.testing.assert_allclose(splits.spec.shift, train.mean(0), rtol=1e-12)
    np.testing.assert_allclose(splits.spec.scale, train.std(0), rtol=1e-12)
    assert splits.spec.examples == len(splits.train)
    assert splits.test.spec == splits.validation.spec == splits.train.spec == splits.spec._replace(examples=0)


def test_numbers_that_leave_the_unit_range_only_in_the_test_set_are_real(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=RNG.random((20, 3)), x_test=RNG.random((20, 3)) * 1.5)
    assert data.load(f"npz:{tmp_path / 'a.npz'}").spec.values == "real"


def test_keras_names_give_train_test_and_labels(tmp_path):
    arrays = {"x_train": bytes_(30, 4, 4), "y_train": np.arange(30) % 3, "x_test": bytes_(9, 4, 4)}
    np.savez(tmp_path / "a.npz", **arrays, y_test=np.arange(9)[:, None] % 3, note=np.array(["left out"]))
    splits = data.load(f"npz:{tmp_path / 'a.npz'}", validation=0)
    np.testing.assert_array_equal(splits.train.x[..., 0], arrays["x_train"])
    np.testing.assert_array_equal(splits.train.label, arrays["y_train"])
    np.testing.assert_array_equal(splits.test.x[..., 0], arrays["x_test"])
    np.testing.assert_array_equal(splits.test.label, np.arange(9) % 3)
    assert splits.spec.classes == ("0", "1", "2")


def test_a_validation_set_of_its_own_is_used(tmp_path):
    images = {f"{part}_images": bytes_(n, 4, 4, 3) for part, n in {"train": 20, "val": 7, "test": 5}.items()}
    np.savez_compressed(tmp_path / "a.npz", **images)
    splits = data.load(f"npz:{tmp_path / 'a.npz'}", validation=0.5)
    assert [len(part) for part in splits[2:5]] == [20, 7, 5]
    np.testing.assert_array_equal(splits.validation.x, images["val_images"])


def test_one_array_of_any_name_is_the_events(tmp_path):
    np.savez(tmp_path / "a.npz", whatever=bytes_(20, 4, 4))
    assert data.load(f"npz:{tmp_path / 'a.npz'}").spec.shape == (4, 4, 1)


def test_class_names_are_kept(tmp_path):
    names = np.array(["dog", "cat", "dog", "ant"] * 5)
    np.savez(tmp_path / "a.npz", x=bytes_(20, 4), y=names)
    splits = data.load(f"npz:{tmp_path / 'a.npz'}", validation=0)
    assert splits.spec.classes == ("ant", "cat", "dog")
    both = np.concatenate([splits.train.label, splits.test.label])
    assert sorted(np.array(splits.spec.classes)[both]) == sorted(names)


def test_real_numbers_are_no_classes_and_that_is_said(tmp_path, caplog):
    np.savez(tmp_path / "a.npz", x=bytes_(20, 4), y=RNG.normal(size=20))
    assert data.load(f"npz:{tmp_path / 'a.npz'}").spec.classes == ()
    assert "a.npz" in caplog.text
    assert "real numbers" in caplog.text
    np.savez(tmp_path / "a.npz", x=bytes_(20, 4), y=np.where(np.arange(20) < 3, np.nan, 1))
    assert data.load(f"npz:{tmp_path / 'a.npz'}").spec.classes == ()
    assert "some are missing" in caplog.text


def test_files_beside_a_npy_file_are_found(tmp_path):
    for name, array in {
        "X_TRAIN": bytes_(20, 4),
        "Y_TRAIN": np.arange(20) % 2,
        "X_TEST": bytes_(8, 4),
        "Y_TEST": np.arange(8) % 2,
    }.items():
        np.save(tmp_path / f"{name}.npy", array)
    splits = data.load(f"npy:{tmp_path / 'X_TRAIN.npy'}", validation=0)
    assert [len(splits.train), len(splits.test)] == [20, 8]
    np.testing.assert_array_equal(splits.test.label, np.arange(8) % 2)


def test_a_large_file_stays_on_the_disk_and_has_the_same_events(tmp_path, monkeypatch):
    x = RNG.normal(size=(50, 3, 4))
    np.save(tmp_path / "a.npy", x)
    small = data.load(f"npy:{tmp_path / 'a.npy'}")
    monkeypatch.setattr("aelab.data.numpy_files.MAPPED", 100)
    mapped = data.load(f"npy:{tmp_path / 'a.npy'}")
    assert not hasattr(mapped.train, "x")
    assert [part.fingerprint for part in mapped[2:5]] == [part.fingerprint for part in small[2:5]]
    assert (mapped.spec, mapped.notes) == (small.spec, small.notes)
    monkeypatch.setattr("aelab.data.arrays.RESIDENT", 100)
    large = data.load(f"npy:{tmp_path / 'a.npy'}")
    assert not hasattr(large.train, "x")
    assert large.spec == small.spec
    for mine, theirs in zip(large[2:5], small[2:5], strict=True):
        index = np.arange(len(mine))[::-1]
        np.testing.assert_array_equal(mine.get_batch(index)["x"], theirs.get_batch(index)["x"])
        assert mine.get_batch(index)["x"].dtype == np.float32
    assert large.train.fingerprint != large.test.fingerprint


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": np.zeros((20, 3)), "y": np.zeros(19, int)}, "labels of shape"),
        ({"x": np.zeros((20, 3)), "y": np.full((20, 2), 1)}, "a.npz, y: labels of shape (20, 2)"),
        ({"x": np.zeros((20, 3), complex)}, "complex128"),
        ({"x": np.array(["a"] * 20)}, "no type of number"),
        ({"x": np.zeros(20)}, "shape"),
        ({"x": np.zeros((20, 2, 2, 2, 2))}, "shape"),
        ({"x": np.zeros((0, 3))}, "empty"),
        ({"x": np.zeros((2, 3))}, "too few"),
        ({"x": np.full((20, 3), np.nan)}, "[0, 0] counted from 0"),
        ({"x": np.full((20, 3), 1e300)}, "not finite"),
        ({"x": np.zeros((20, 3, 32, 32), np.uint8)}, "channels first"),
        ({"x_train": np.zeros((20, 3)), "x_test": np.zeros((20, 4))}, "shape (4,)"),
        ({"a": np.zeros(3), "b": np.zeros(3)}, "found a, b"),
        ({}, "found none"),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(tmp_path, arrays, words):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(DataError, match=r"a\.npz") as error:
        data.load(f"npz:{tmp_path / 'a.npz'}")
    assert words in str(error.value)
    assert "\n" not in str(error.value)
