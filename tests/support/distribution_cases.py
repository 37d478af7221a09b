"""Distributions to test, made from a seed or drawn by hypothesis."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from aelab.distributions import Bernoulli, GreyLevels, Normal, Point

BATCH, EVENT, CHOICE = 4, 5, 3
quick = settings(deadline=None, max_examples=60, derandomize=True)  # the shapes are fixed: one program for all examples


def floats(low, high, shape):
    return arrays(np.float32, shape, elements=st.floats(low, high, width=32))


def normal(seed, shape=(BATCH, EVENT)):
    mean, log_variance = jax.random.normal(jax.random.key(seed), (2, *shape))
    return Normal(mean, log_variance)


def logits(seed, shape):
    return 3 * jax.random.normal(jax.random.key(seed), shape)


FAMILY = pytest.mark.parametrize(
    "make",
    [
        lambda x: Normal(x, 0.3 * x),
        lambda x: Normal(x, jnp.float32(0.7)),
        lambda x: Bernoulli(x),
        lambda x: GreyLevels(jnp.stack([x, -x, 2 * x], -1)),
        Point,
    ],
    ids=["normal", "normal_one_sigma", "bernoulli", "categorical", "point"],
)
