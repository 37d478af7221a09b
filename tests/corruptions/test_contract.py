"""What every corruption promises: draws by row, targets untouched, strengths that may be traced or one a row."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from spoiling import spoil, varied

from aelab import corruptions
from aelab.batch import Batch

SPOILING = ["gaussian", "salt_and_pepper", "masking", "occlusion", "affine"]


@pytest.mark.parametrize("name", [*SPOILING, "binarisation"])
def test_same_key_same_holes_whatever_the_batch_mates(name):
    batch = varied()
    whole = spoil(name, batch).inputs
    np.testing.assert_array_equal(whole, spoil(name, batch).inputs)
    assert not np.array_equal(whole, spoil(name, batch, seed=1).inputs)
    rows = np.array([5, 60, 3])
    part = Batch(batch.inputs[rows], batch.targets[rows], index=rows)
    np.testing.assert_array_equal(spoil(name, part).inputs, whole[rows])


@pytest.mark.parametrize("name", SPOILING)
def test_targets_stay_and_only_hidden_entries_change(name):
    batch = varied()
    spoilt = spoil(name, batch)
    np.testing.assert_array_equal(spoilt.targets, batch.targets)
    if spoilt.hidden is not None:
        np.testing.assert_array_equal(spoilt.hidden, spoilt.inputs != batch.inputs)


def test_strength_may_be_traced_and_nothing_compiles_again():
    traced = []

    @jax.jit
    def occlude(strength):
        traced.append(strength)
        return corruptions.occlusion(jax.random.key(0), varied(), strength).hidden.mean()

    hidden = [float(occlude(jnp.float32(strength))) for strength in (0.2, 0.5, 0.8)]
    assert hidden == sorted(hidden)
    assert len(traced) == 1


@pytest.mark.parametrize("name", SPOILING)
def test_a_strength_a_row_is_that_strength_on_each_row(name):
    batch = varied(4, (8, 8, 1))
    strengths = np.array([0.1, 0.3, 0.6, 0.9], np.float32)
    whole = spoil(name, batch, strengths)
    for i, strength in enumerate(strengths):
        one = spoil(name, batch, strength)
        np.testing.assert_array_equal(whole.inputs[i], one.inputs[i])
