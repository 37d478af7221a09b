"""Stored events and what a model sees: one formula in numpy and in compiled programs, and the way back."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab.data.normalise import as_stored, normalise, normalised, stored_range
from aelab.data.source import Spec
from aelab.data.to_batch import to_batch

BYTES = Spec((4, 3, 2), "uint8", "unit", scale=200.0, shift=50.0)
BY_CHANNEL = Spec((4, 3, 2), "uint8", "unit", scale=(200.0, 100.0), shift=(50.0, 20.0))
REAL = Spec((5, 2), "float32", "real", scale=(2.0, 0.5), shift=(-3.0, 100.0))
SERIES = REAL._replace(lengths=(0, 1, 1, 1, 0, 1))
SPECS = pytest.mark.parametrize(
    "spec", [BYTES, BY_CHANNEL, REAL, SERIES], ids=["bytes", "by_channel", "real", "series"]
)


def stored(spec):
    """A batch of four events as a source gives it."""
    rng = np.random.default_rng(0)
    if spec.values == "unit":
        share = rng.random((4, *spec.shape))
        return {"x": np.rint(share * np.asarray(spec.scale) + np.asarray(spec.shift)).astype(spec.dtype)}
    x = rng.normal(spec.shift, spec.scale, (4, *spec.shape)).astype(spec.dtype)
    return {"x": x, "length": np.array([5, 1, 2, 3], np.int32)} if spec.lengths else {"x": x}


def compiled(batch, spec):
    """The batch of a training step, made as in one."""
    return jax.jit(lambda batch: to_batch(batch, spec, weight=jnp.ones(4), index=jnp.arange(4)))(batch)


@SPECS
def test_the_batch_of_a_step_and_the_array_on_the_host_are_the_same(spec):
    batch = stored(spec)
    np.testing.assert_allclose(normalised(batch, spec), compiled(batch, spec).inputs, rtol=1e-6)


@SPECS
def test_a_model_sees_the_stored_values_less_the_shift_over_the_scale(spec):
    batch = stored(spec)
    want = (batch["x"].astype(np.float64) - spec.shift) / spec.scale
    if spec.lengths:
        want[np.arange(5) >= batch["length"][:, None]] = 0
    found = normalised(batch, spec)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, want, rtol=1e-4, atol=1e-6)


@SPECS
def test_what_a_model_sees_goes_back_to_what_is_stored(spec):
    batch = stored(spec)
    back = as_stored(normalised({"x": batch["x"]}, spec), spec)
    assert back.dtype == np.dtype(spec.dtype)
    np.testing.assert_allclose(back, batch["x"], rtol=1e-6, atol=1e-6)


def test_series_have_a_mask_and_nothing_behind_their_end():
    batch = stored(SERIES)
    made = compiled(batch, SERIES)
    np.testing.assert_array_equal(made.mask, np.arange(5) < batch["length"][:, None])
    np.testing.assert_array_equal(np.asarray(made.inputs)[~np.asarray(made.mask)], 0)


def test_values_beyond_the_range_of_a_set_are_clipped_to_it_where_it_holds_whole_numbers():
    beyond = np.array([-0.5, 0.0, 0.501, 1.0, 1.01])
    np.testing.assert_array_equal(as_stored(beyond, BYTES), [50, 50, 150, 250, 250])
    floats = BYTES._replace(dtype="float32")
    np.testing.assert_allclose(as_stored(beyond, floats), 200 * beyond + 50, rtol=1e-6)


def test_the_range_of_a_set_is_what_becomes_0_and_1():
    assert stored_range(BYTES) == (50, 250)
    assert stored_range(BY_CHANNEL) == (20, 250)
    assert stored_range(Spec((2,), "uint8", "unit", scale=255.0)) == (0, 255)


def test_the_stored_events_are_left_alone():
    batch = stored(SERIES)
    before = batch["x"].copy()
    normalised(batch, SERIES._replace(shift=0.0, scale=1.0))[:] = 7
    np.testing.assert_array_equal(batch["x"], before)


def test_a_set_that_is_stored_as_it_is_seen_costs_nothing():
    text = jax.make_jaxpr(lambda x: normalise(x, Spec((2,), "float32", "unit")))(jnp.ones((3, 2)))
    assert not text.eqns
