"""Sparse dictionaries: planted ones are found, and each loss is that of its paper, by NumPy."""

import numpy as np
import pytest
from planted import planted, recovered, trained

from aelab.objectives import dictionaries
from experiments import sparse

SMALL = {"latent_dim": 32, "k": 2, "revived": 8, "batch_size": 128, "lr": 1e-2, "dead_after": 1000.0}
LARGE = {"latent_dim": 192, "k": 4, "revived": 16, "batch_size": 128, "lr": 3e-3, "dead_after": 1000.0}
OWN = {"l1": {"sparsity_weight": 0.1}}


def found(name, sizes, true, steps):
    _, state = trained(sparse.Config(dictionary=name, **(sizes | OWN.get(name, {}))), true.events, steps)
    return state.params["model"]["decoder"]["directions"]


def test_a_planted_dictionary_is_found():
    """24 directions in 16 dimensions, of which 2 make an event."""
    true = planted(24, 16, 2, 4096)
    directions = found("topk", SMALL, true, 500)
    assert recovered(directions, true.directions) > 0.95
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, rtol=1e-6)


@pytest.mark.long
@pytest.mark.parametrize("name", dictionaries.menu)
def test_every_kind_finds_a_planted_dictionary(name):
    """128 directions in 64 dimensions, of which 4 make an event."""
    true = planted(128, 64, 4, 16_384)
    assert recovered(found(name, LARGE, true, 3000), true.directions) > 0.95
