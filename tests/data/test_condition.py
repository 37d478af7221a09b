"""Conditions: where they come from, how a model sees them, and what is said where a set has none."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import data
from aelab.data.convert import convert
from aelab.data.to_batch import seen_condition
from aelab.errors import ConfigError, DataError
from aelab.evaluation.batches import batches
from aelab.training.feed import ResidentFeed, StreamedFeed


@pytest.fixture
def own(tmp_path):
    """A `.npz` of 40 + 10 vectors with classes, one angle each and a side array of 2 by 3 numbers."""
    rng = np.random.default_rng(0)
    arrays = {}
    for part, n in (("train", 40), ("test", 10)):
        arrays |= {
            f"x_{part}": rng.random((n, 5), "f4"),
            f"y_{part}": np.arange(n) % 4,
            f"angle_{part}": rng.normal(50, 7, n),
            f"side_{part}": rng.normal([1, 2, 3], [4, 5, 6], (n, 2, 3)),
        }
    np.savez(tmp_path / "own.npz", **arrays)
    return f"npz:{tmp_path / 'own.npz'}", arrays


def first(splits, n=7):
    return next(batches(splits.test, n))[0]


def test_a_label_is_a_row_of_mean_square_1_with_one_place_set(own):
    name, arrays = own
    splits = data.load(name, condition="label")
    assert (splits.spec.condition, splits.spec.side) == ("label", (4,))
    batch = first(splits)
    np.testing.assert_array_equal(batch.condition, 2 * np.eye(4)[arrays["y_test"][:7]])
    np.testing.assert_allclose(np.square(batch.condition).mean(1), 1)
    np.testing.assert_array_equal(batch.inputs, first(data.load(name)).inputs)
    assert first(data.load(name)).condition is None


@pytest.mark.parametrize("key", ["angle", "side"])
def test_numbers_are_standardised_on_the_training_events(own, key):
    name, arrays = own
    splits = data.load(name, condition=key, validation=0.25)
    train = splits.train.get_batch(np.arange(30))[key].reshape(30, -1)
    axes = (0, 1) if key == "side" else 0
    mean, std = (f(train.reshape(30, 2, 3) if key == "side" else train, axes) for f in (np.mean, np.std))
    seen = np.asarray(first(splits).condition)
    assert seen.dtype == np.float32
    expected = (arrays[f"{key}_test"][:7].reshape(7, *splits.spec.side) - mean) / std
    np.testing.assert_allclose(seen, expected, rtol=1e-4, atol=1e-5)


def test_factors_are_those_of_the_sprites():
    splits = data.load("sprites", condition="factors")
    assert splits.spec.side == (5,)
    batch, _ = next(batches(splits.validation, 6))
    factors = splits.validation.get_batch(np.arange(6))["factors"]
    mean, std = np.array([1, 2.5, 19.5, 15.5, 15.5]), np.sqrt((np.array([3, 6, 40, 32, 32]) ** 2 - 1) / 12)  # uniform
    np.testing.assert_allclose(batch.condition, (factors - mean) / std, atol=0.05)


def test_both_feeds_carry_the_condition_of_each_row(own):
    splits = data.load(own[0], condition="angle", classes=(1, 2))
    for kind in (ResidentFeed, StreamedFeed):
        feed = kind(splits.train, batch_size=4, seed=3)
        rows = jax.tree.map(lambda leaf: leaf[2], feed.chunk(0, 4))
        batch = jax.jit(feed.batch)(feed.resident, rows)
        examples = ResidentFeed(splits.train, batch_size=4, seed=3).plan(0, 4).example[2]
        stored = splits.train.get_batch(examples)
        np.testing.assert_allclose(batch.condition, seen_condition(stored["angle"], splits.spec), rtol=1e-6)
        np.testing.assert_allclose(batch.inputs, stored["x"], rtol=1e-6)


def test_a_set_without_a_condition_is_read_and_fed_as_before(own):
    splits = data.load(own[0])
    assert splits.spec.shown == ("x", "length")
    assert set(ResidentFeed(splits.train, batch_size=4, seed=0).resident) == {"x"}
    labelled = data.load(own[0], condition="label")
    assert labelled.train.fingerprint == splits.train.fingerprint  # the same events
    assert data.load(own[0], condition="angle").train.fingerprint != splits.train.fingerprint


def test_series_keep_their_lengths_beside_a_condition(data_dir):
    splits = data.load("japanesevowels", condition="label")
    batch = first(splits)
    assert batch.condition.shape == (7, 9)
    np.testing.assert_array_equal(batch.mask.sum(1), splits.test.get_batch(np.arange(7))["length"])


def test_bits_and_shards_keep_the_condition(own, tmp_path):
    bits = data.load(own[0], condition="angle", binarize=True)
    np.testing.assert_array_equal(first(bits).condition, first(data.load(own[0], condition="angle")).condition)
    convert(own[0], tmp_path / "shards", condition="angle")
    shards = f"shards:{tmp_path / 'shards'}"
    assert data.load(shards).spec.condition == ""  # nobody asked for it
    again = first(data.load(shards, condition="angle"))
    np.testing.assert_allclose(again.condition, first(bits).condition, rtol=1e-6)


def test_the_spec_survives_a_round_trip_through_a_seen_label():
    spec = data.load("digits", condition="label").spec
    np.testing.assert_array_equal(seen_condition(jnp.array([3]), spec)[0], np.sqrt(np.float32(10)) * np.eye(10)[3])


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("factors", r"--condition factors: the training events of npz:.*own\.npz have no factors, only label beside x"),
        ("x", "--condition x"),
        ("colour", "have no colour"),
    ],
)
def test_what_a_set_does_not_have_is_said(own, name, said):
    with pytest.raises(ConfigError, match=said):
        data.load(own[0], condition=name)


def test_a_set_without_labels_and_a_split_without_them_are_told(own, tmp_path):
    _, arrays = own
    np.savez(tmp_path / "plain.npz", x_train=arrays["x_train"])
    with pytest.raises(ConfigError, match=r"--condition label: the training events of .* have no labels, only nothing"):
        data.load(f"npz:{tmp_path / 'plain.npz'}", condition="label")
    np.savez(tmp_path / "half.npz", **{k: v for k, v in arrays.items() if k != "angle_test"})
    with pytest.raises(ConfigError, match=r"the test events of .* have no angle"):
        data.load(f"npz:{tmp_path / 'half.npz'}", condition="angle")


def test_numbers_that_are_none_are_refused(own, tmp_path):
    _, arrays = own
    angle = np.where(np.arange(40) == 7, np.nan, arrays["angle_train"])
    np.savez(tmp_path / "nan.npz", **{**arrays, "angle_train": angle})
    with pytest.raises(DataError, match=r"--condition angle: .* missing or not finite"):
        data.load(f"npz:{tmp_path / 'nan.npz'}", condition="angle", validation=0)
    np.savez(tmp_path / "short.npz", **{**arrays, "angle_train": arrays["angle_train"][:5]})
    with pytest.raises(DataError, match=r"angle is float64 of shape .*one row for each of the 40"):
        data.load(f"npz:{tmp_path / 'short.npz'}", condition="angle")
