"""From a seed to keys: no two purposes, and no two seeds, ever share one."""

import itertools

import jax
import numpy as np
import pytest

from aelab.seeds import Purpose, key_for


def test_no_purpose_and_no_seed_share_a_key():
    assert len(Purpose.__members__) == len(set(Purpose))  # an alias would share its number
    seeds = (*range(20), 2**31, 2**32 - 1)
    keys = [tuple(jax.random.key_data(key_for(*both)).tolist()) for both in itertools.product(seeds, Purpose)]
    assert len(set(keys)) == len(seeds) * len(Purpose)


def test_draws_of_different_purposes_are_uncorrelated():
    keys = [key_for(seed, purpose) for seed in (0, 1) for purpose in Purpose]
    draws = np.stack([jax.random.normal(key, (4000,)) for key in keys])
    np.testing.assert_allclose(np.corrcoef(draws), np.eye(len(keys)), atol=5 / 4000**0.5)


@pytest.mark.parametrize(
    ("name", "number"), [("INIT", 0), ("TRAIN", 1), ("CORRUPT", 2), ("EVALUATE", 3), ("GENERATE", 4)]
)
def test_a_purpose_keeps_its_number_for_ever(name, number):
    """Every recorded result was drawn with it."""
    by_hand = jax.random.fold_in(jax.random.key(7), number)
    assert (key_for(7, Purpose[name]) == by_hand).all()
