"""From a seed to keys: no two purposes, and no two seeds, ever share one."""

import itertools
from pathlib import Path

import jax
import numpy as np
import pytest
from sklearn.utils import check_random_state

from aelab.seeds import Purpose, base_key, key_for, key_shape, random_state


def test_no_purpose_and_no_seed_share_a_key():
    assert len(Purpose.__members__) == len(set(Purpose))  # an alias would share its number
    seeds = (*range(20), 2**31, 2**32 - 1, 2**32, 2**32 + 5, 2**33 + 5, 2**62 + 2, 2**63 - 1)
    keys = [key_for(*both) for both in itertools.product(seeds, Purpose)] + [base_key(seed) for seed in seeds]
    assert len({tuple(jax.random.key_data(key).tolist()) for key in keys}) == len(seeds) * (len(Purpose) + 1)


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


@pytest.mark.parametrize("seed", [0, 5, 2**31, 2**32 - 1, np.int32(7), np.uint32(2**32 - 1)])
def test_a_seed_of_32_bits_keeps_its_draws(seed):
    assert (base_key(seed) == jax.random.key(int(seed))).all()


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_a_number_that_is_no_seed_is_refused(seed):
    with pytest.raises(ValueError, match=f"from 0 to 9223372036854775807, got {seed}"):
        base_key(seed)


def test_the_shape_of_a_key_is_that_of_every_key():
    key = key_for(3, Purpose.TRAIN)
    assert (key_shape().shape, key_shape().dtype) == (key.shape, key.dtype)


def test_a_seed_of_more_than_32_bits_serves_scikit_learn_too():
    small, large = (check_random_state(random_state(seed)) for seed in (7, 7 + 2**32))
    assert (small.bytes(8), large.bytes(8)) == (
        np.random.RandomState(7).bytes(8),
        check_random_state(np.random.RandomState([7, 1])).bytes(8),
    )
    others = [check_random_state(random_state(seed)).bytes(8) for seed in (7, 7 + 2**32, 7 + 2**33, 2**63 - 1)]
    assert len(set(others)) == 4


ROOT = Path(__file__).parents[1]
CODE = [path for folder in ("aelab", "experiments") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_a_seed_becomes_a_key_in_one_place():
    """The peers are programs of their own, which do not import this library."""
    others = [path for path in CODE if path != ROOT / "aelab" / "seeds.py" and "peers" not in path.parts]
    assert [path for path in others if any(word in path.read_text() for word in ("random.key(", "PRNGKey"))] == []
    wrapping = [path.name for path in others if "wrap_key_data" in path.read_text()]
    # One is sent to other devices; an exported program is given the data of one by its caller.
    assert sorted(wrapping) == ["functions.py", "spanning.py"]
