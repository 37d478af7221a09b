"""Entropies of codes of bits, against those of all 2ᵈ codes."""

import itertools

import jax
import numpy as np
from scipy.special import softmax
from scipy.stats import entropy

from aelab.batch import Batch
from aelab.data.source import Spec
from aelab.experiment import hyper
from aelab.objectives import code_entropy
from experiments import vq

RNG = np.random.default_rng(0)
ROWS, X = 9, RNG.normal(size=(9, 4)).astype("f4")
KEY = jax.random.key(0)


def terms_of(quantiser, x, weight=None):
    """The terms of events, and p(c|z) of each place over all codes by hand, `[row, place, code]`."""
    config = vq.Config(quantiser=quantiser, codes=16, tokens=2, widths=(), sharpness=1.7)
    model = vq.build(config, Spec((4,), "float32", "real")).model
    params = model.init(KEY, X)
    batch = Batch(x, x, index=np.arange(len(x)), weight=weight)

    @jax.jit
    def loss(params, batch):
        numbers = hyper(config, 1, 1)
        return code_entropy(model, params, KEY, batch, step=0, hyper=numbers, gather=lambda tree: tree).terms

    z = np.asarray(model.encode(params, x).before)[..., 0, :]
    codes = np.array(list(itertools.product((-1, 1), repeat=4))) / (2 if quantiser == "bsq" else 1)
    return loss(params, batch), softmax(1.7 * z @ codes.T, -1)


def test_the_entropy_of_a_place_is_that_over_all_codes():
    for quantiser in ("lfq", "bsq"):
        terms, chance = terms_of(quantiser, X)
        np.testing.assert_allclose(terms["place_entropy"], entropy(chance, axis=-1).sum(1), rtol=1e-4)


def test_the_entropy_of_the_mean_is_bounded_from_above_and_met_where_all_vectors_are_one():
    terms, chance = terms_of("lfq", X)
    bound = 2 * entropy(chance.mean((0, 1)))
    assert bound < terms["mean_entropy"][0] < 2 * np.log(16)
    terms, chance = terms_of("lfq", np.zeros((ROWS, 4), "f4"))  # the head has no bias yet, so vectors are 0
    np.testing.assert_allclose(terms["mean_entropy"], 2 * np.log(16), rtol=1e-5)
    np.testing.assert_allclose(terms["mean_entropy"], terms["place_entropy"], rtol=1e-5)


def test_rows_of_weight_0_are_not_in_the_mean():
    some, _ = terms_of("bsq", X, np.float32(np.arange(ROWS) < 5))
    few, _ = terms_of("bsq", X[:5])
    np.testing.assert_allclose(some["mean_entropy"][:5], few["mean_entropy"], rtol=1e-5)
