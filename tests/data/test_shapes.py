"""What events are and how they are scaled: by `--kind` and `--scale`, or by shape and values, and what is said."""

import numpy as np
import pytest

from aelab import data
from aelab.errors import ConfigError, DataError

RNG = np.random.default_rng(0)


def load(tmp_path, x, **options):
    np.save(tmp_path / "a.npy", x)
    return data.load(f"npy:{tmp_path / 'a.npy'}", **options)


def two_scales(n=60):
    return np.stack([RNG.normal(size=(n, 20)), 1e5 + 10 * RNG.normal(size=(n, 20))], -1)


def test_channels_of_unlike_scale_have_a_mean_each(tmp_path):
    x = two_scales()
    splits = load(tmp_path, x)
    assert splits.spec.shape == (20, 2)
    stored = splits.train.x.astype(np.float64).reshape(-1, 2)
    np.testing.assert_allclose(splits.spec.shift, stored.mean(0), rtol=1e-6)
    np.testing.assert_allclose(splits.spec.scale, stored.std(0), rtol=1e-6)
    assert any("read as series (time, channel); --kind image" in note for note in splits.notes)


@pytest.mark.parametrize(
    ("shape", "kind", "expected"),
    [
        ((20, 8, 2), "image", (8, 2, 1)),
        ((20, 8, 2), "series", (8, 2)),
        ((20, 8, 2), "vector", (16,)),
        ((20, 8), "series", (8, 1)),
        ((20, 8), "vector", (8,)),
        ((20, 4, 6, 3), "vector", (72,)),
        ((20, 4, 6, 3), "image", (4, 6, 3)),
        ((20, 8, 6), "auto", (8, 6, 1)),  # not narrow: an image
    ],
)
def test_the_kind_that_is_asked_for_is_the_kind(tmp_path, shape, kind, expected):
    x = RNG.normal(size=shape)
    splits = load(tmp_path, x, kind=kind, validation=0)
    assert splits.spec.shape == expected
    kept = np.concatenate([splits.train.x, splits.test.x]).reshape(20, -1)
    np.testing.assert_array_equal(np.sort(kept, 0), np.sort(x.reshape(20, -1).astype(np.float32), 0))


@pytest.mark.parametrize(("shape", "kind"), [((20, 8), "image"), ((20, 8, 8, 1), "series")])
def test_a_kind_that_does_not_fit_is_refused(tmp_path, shape, kind):
    with pytest.raises(ConfigError, match=r"--kind: .*cannot be"):
        load(tmp_path, RNG.normal(size=shape), kind=kind)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_channels_first_is_told_how_to_be_saved(tmp_path, channels):
    with pytest.raises(DataError, match=r"channels first; save x\.transpose\(0, 2, 3, 1\)"):
        load(tmp_path, np.zeros((20, channels, 9, 9), np.uint8))


def test_series_with_channels_first_are_told_how_to_be_saved(tmp_path):
    with pytest.raises(DataError, match=r"save x\.transpose\(0, 2, 1\), or give --kind image"):
        load(tmp_path, two_scales().transpose(0, 2, 1))
    assert load(tmp_path, two_scales().transpose(0, 2, 1), kind="image").spec.shape == (2, 20, 1)
    assert load(tmp_path, RNG.normal(size=(30, 2, 20))).spec.shape == (2, 20, 1)  # rows alike


@pytest.mark.parametrize(("bits", "top"), [(8, 255), (10, 1023), (12, 4095), (14, 16383), (16, 65535)])
def test_sixteen_bits_are_divided_by_what_as_many_bits_hold_as_are_used(tmp_path, bits, top):
    x = RNG.integers(0, 2**bits, (30, 5, 5)).astype(np.uint16)
    x[0, 0, 0] = 2**bits - 1
    splits = load(tmp_path, x)
    assert (splits.spec.scale, splits.spec.levels) == (top, top + 1)
    assert any("divided by" in note for note in splits.notes) == (8 < bits < 16)


def test_the_scale_that_is_asked_for_is_the_scale(tmp_path):
    x = RNG.integers(0, 17, (40, 4, 4)).astype(np.uint8)
    spec = load(tmp_path, x, scale=16.0).spec
    assert (spec.values, spec.scale, spec.levels, spec.dtype) == ("unit", 16.0, 17, "uint8")
    spec = load(tmp_path, x, scale="standardise").spec
    assert spec.values == "real"
    spec = load(tmp_path, x / 3.0, scale=8.0).spec
    assert (spec.values, spec.scale, spec.levels, spec.dtype) == ("unit", 8.0, 0, "float32")
    with pytest.raises(ConfigError, match=r"--scale: 10 is to be the largest value, and .*0 to 16"):
        load(tmp_path, x, scale=10.0)


def test_hardly_any_variance_is_said_with_what_helps(tmp_path):
    [note] = load(tmp_path, RNG.integers(0, 3, (40, 4, 4)).astype(np.uint8)).notes
    assert "hardly any variance" in note
    assert "--scale 2 or --scale standardise" in note
    assert load(tmp_path, RNG.integers(0, 256, (40, 4, 4)).astype(np.uint8)).notes == ()
    x = RNG.normal(size=(40, 4))
    x[:, 1], x[:, 2] = 7, 1e6 + 0.2 * RNG.normal(size=40)
    notes = load(tmp_path, x).notes
    assert any(note.startswith("column 1: hardly any variance: constant") for note in notes)
    assert any(note.startswith("column 2: hardly any variance: float32") for note in notes)


def test_one_wild_value_is_named_before_anything_trains(tmp_path):
    x = {"x_train": RNG.normal(size=(40, 3)), "x_test": RNG.normal(size=(9, 3))}
    x["x_test"][4, 2] = 1e30
    np.savez(tmp_path / "a.npz", **x)
    with pytest.raises(
        DataError, match=r"a\.npz, x_test, event 4 counted from 0, column 2: 1e\+30 is 1e\+30 deviations"
    ):
        data.load(f"npz:{tmp_path / 'a.npz'}")
    x["x_train"][:, 2], x["x_train"][3, 2], x["x_test"][4, 2] = 1.0, 1e30, 1.0
    np.savez(tmp_path / "a.npz", **x)
    assert any(
        "one value makes more than half" in n for n in data.load(f"npz:{tmp_path / 'a.npz'}", validation=0).notes
    )


def test_a_class_that_only_held_out_splits_have_is_named(tmp_path):
    np.savez(
        tmp_path / "a.npz", x_train=RNG.normal(size=(9, 3)), y_train=np.array(["a"] * 9),
        x_test=RNG.normal(size=(2, 3)), y_test=np.array(["a", "b"]),
    )  # fmt: skip
    [note] = data.load(f"npz:{tmp_path / 'a.npz'}").notes
    assert note.startswith("no training event is of class b")


@pytest.mark.parametrize(
    ("label", "classes", "numbers"),
    [
        (np.eye(3, dtype=int)[[0, 2, 1, 0] * 5], ("0", "1", "2"), [0, 2, 1, 0]),
        (np.eye(3, dtype=np.float32)[[0, 2, 1, 0] * 5], ("0", "1", "2"), [0, 2, 1, 0]),
        (np.array([b"cat", b"dog", b"cat", b"cat"] * 5), ("cat", "dog"), [0, 1, 0, 0]),
        (np.array([-1, 1, 1, -1] * 5), ("-1", "1"), [0, 1, 1, 0]),
        (np.array([-1.0, 1, 1, -1] * 5), ("-1", "1"), [0, 1, 1, 0]),
        (np.array([-2, -10, 1, 3] * 5), ("-10", "-2", "1", "3"), [1, 0, 2, 3]),
    ],
)
def test_labels_of_any_form_give_the_same_classes_in_npz_and_csv(tmp_path, label, classes, numbers):
    x = np.arange(20.0)[:, None] * [1, 2]
    np.savez(tmp_path / "a.npz", x_train=x, y_train=label, x_test=x, y_test=label)
    splits = data.load(f"npz:{tmp_path / 'a.npz'}", validation=0)
    assert splits.spec.classes == classes
    np.testing.assert_array_equal(splits.train.label, numbers * 5)
    if label.ndim == 1:
        names = label.astype(str)
        text = "a,b,label\n" + "".join(f"{a},{b},{name}\n" for (a, b), name in zip(x, names, strict=True))
        for split in ("train", "test"):
            (tmp_path / f"t_{split}.csv").write_text(text)
        table = data.load(f"csv:{tmp_path / 't_train.csv'}", validation=0)
        assert [float(name) if name.lstrip("-")[0].isdigit() else name for name in table.spec.classes] == [
            float(name) if name.lstrip("-")[0].isdigit() else name for name in classes
        ]
        np.testing.assert_array_equal(table.train.label, numbers * 5)


def test_objects_are_told_how_to_be_saved(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros((9, 2)), y=np.array(["a", None] * 4 + ["a"], object))
    with pytest.raises(DataError, match=r"a\.npz, y: .*Python objects.*y\.astype\(str\)"):
        data.load(f"npz:{tmp_path / 'a.npz'}")
