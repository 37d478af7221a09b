"""Each entry by itself: as much noise as asked for, and bits with the mean of their pixels."""

import jax
import numpy as np
import pytest
from spoiling import grey, spoil

from aelab import corruptions
from aelab.batch import Batch


def test_gaussian_noise_has_its_standard_deviation_and_is_clipped():
    weak = spoil("gaussian", grey(400), 0.1).inputs
    np.testing.assert_allclose(weak.std(), 0.1, rtol=0.02)
    strong = spoil("gaussian", grey(400), 2.0).inputs
    assert (strong.min(), strong.max()) == (0, 1)


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_shares_are_what_was_asked_for(share):
    spoilt = spoil("salt_and_pepper", grey(400), share)
    np.testing.assert_allclose(spoilt.hidden.mean(), share, atol=0.01)
    np.testing.assert_allclose((spoilt.inputs == 1).mean(), share / 2, atol=0.01)
    np.testing.assert_allclose((spoilt.inputs == 0).mean(), share / 2, atol=0.01)
    np.testing.assert_allclose(spoil("masking", grey(400), share).hidden.mean(), share, atol=0.01)


def test_binarisation_keeps_the_mean_and_changes_both_sides():
    batch = grey(400)
    bits = spoil("binarisation", batch)
    np.testing.assert_array_equal(bits.inputs, bits.targets)
    assert set(np.unique(bits.inputs)) == {0, 1}
    np.testing.assert_allclose(bits.inputs.mean(), 0.5, atol=0.01)


def test_bits_are_one_with_the_value_of_their_pixel():
    x = np.broadcast_to(np.array([0.0, 0.1, 0.7, 1.0], "f4"), (4000, 4))
    bits = spoil("binarisation", Batch(x, x, index=np.arange(4000)))
    np.testing.assert_allclose(bits.targets.mean(0), [0, 0.1, 0.7, 1], atol=0.03)


def test_noise_on_real_values_is_not_clipped():
    batch = grey(50, (20,))
    noisy = jax.jit(corruptions.named("gaussian", "real", (20,)))(jax.random.key(0), batch, 3.0).inputs
    np.testing.assert_allclose(np.std(noisy - batch.inputs), 3.0, rtol=0.1)
