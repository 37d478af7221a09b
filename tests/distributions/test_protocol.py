"""What every distribution promises of its mean and its mode."""

import jax
import numpy as np
from distribution_cases import BATCH, EVENT, FAMILY

from aelab.distributions import Point


@FAMILY
def test_mode_and_mean_are_shaped_like_the_event(make):
    d = make(jax.random.normal(jax.random.key(5), (BATCH, 2, 3)))
    assert d.mean.shape == d.mode.shape == d.sample(jax.random.key(0)).shape == (BATCH, 2, 3)


@FAMILY
def test_the_mode_is_the_likeliest_value(make):
    d = make(jax.random.normal(jax.random.key(5), (BATCH, EVENT)))
    if make is Point:
        np.testing.assert_array_equal(d.mode, d.value)
    else:
        assert (d.log_prob(d.mode) >= d.log_prob(d.sample(jax.random.key(0)))).all()
