"""A prior over the indices of codes, held to all codes of a grid of 2 × 2 places with 3 entries each."""

import itertools
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial

from aelab.distributions import Autoregressive, draw
from aelab.nets import CausalConv, CausalTransformer

KEY, ENTRIES, ROWS, SIDE = jax.random.key(1), 3, 4000, 2
NETS = {"conv": CausalConv(ENTRIES, (2, 2), 6, 2, 1), "transformer": CausalTransformer(ENTRIES, 4, 8, 2, 2)}
EVERY = np.array(list(itertools.product(range(ENTRIES), repeat=4)), np.int32)  # all codes, `[code, token]`
TOLD = np.float32([[1.0, -0.5]])


def random_params(net, *example):
    """Large enough for a distribution far from uniform; biases too."""
    shapes = jax.eval_shape(net.init, KEY, *example)
    rng = np.random.default_rng(0)
    return jax.tree.map(lambda leaf: rng.normal(0, 0.7, leaf.shape).astype("f4"), shapes)


def prior(net, params, told):
    choices = jnp.full((len(told), 2, 2, 1), ENTRIES)
    return Autoregressive(choices, Partial(net.apply, params), Partial(lambda indices: indices), told)


@cache
def likelihoods(name):
    """log p of every code, told nothing, told something, and without its last place; compiled once."""
    net = NETS[name]
    told = np.repeat(np.concatenate([0 * TOLD, TOLD, TOLD]), len(EVERY), 0)
    exists = np.ones((len(told), 2, 2), bool)
    exists[-len(EVERY) :, 1, 1] = False
    params = random_params(net, EVERY[:1], TOLD)
    mass = jax.jit(lambda params, codes, told, exists: prior(net, params, told).log_mass(codes, exists))
    found = mass(params, np.tile(EVERY, (3, 1)).reshape(-1, 2, 2, 1), told, exists)
    return params, np.float64(found).reshape(3, len(EVERY))


@pytest.mark.parametrize("name", NETS)
def test_the_likelihoods_of_all_codes_add_up_to_1(name):
    """Where the last place does not exist, three codes are one."""
    _, (plain, told, first_three) = likelihoods(name)
    np.testing.assert_allclose(np.exp([plain, told]).sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(np.exp(first_three).sum(), ENTRIES, rtol=1e-5)
    assert np.exp([plain, told]).max(1).min() > 3 / len(EVERY)
    assert abs(plain - told).max() > 0.1


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.ci if n == "conv" else ()) for n in NETS])
def test_draws_that_keep_what_was_read_are_those_of_whole_passes(name):
    """With the same noise, place after place; and they are as frequent as the likelihoods say."""
    (params, (_, masses, _)), net = likelihoods(name), NETS[name]
    told, index = np.tile(TOLD, (ROWS, 1)), np.arange(ROWS) + 7
    drawn = jax.jit(lambda params: prior(net, params, told).sample(KEY, index))(params)
    whole = jax.jit(lambda params, tokens: net.apply(params, tokens, told))
    noise = jax.jit(lambda place: draw(jax.random.gumbel, jax.random.fold_in(KEY, place), (ROWS, ENTRIES), index))
    tokens = np.zeros((ROWS, 4), np.int32)
    for place in range(4):
        tokens[:, place] = (whole(params, tokens)[:, place] + noise(place)).argmax(-1)
    np.testing.assert_array_equal(np.asarray(drawn).reshape(ROWS, 4), tokens)
    share = np.bincount(tokens @ ENTRIES ** np.arange(4)[::-1], minlength=len(EVERY)) / ROWS
    expected = np.exp(masses)
    assert (abs(share - expected) < 4.5 * np.sqrt(expected / ROWS) + 1e-3).all()


WIDER = {"conv": CausalConv(9, (3, 3), 4, 3, 1), "transformer": CausalTransformer(9, 9, 4, 1, 1)}


@pytest.mark.parametrize("name", WIDER)
def test_a_token_sees_all_before_it_and_none_behind(name):
    """By the gradient of its logits: here each place has an entry of its own, so an embedding is that of a place."""
    net, tokens = WIDER[name], np.arange(9)[None]
    params = random_params(net, tokens)["params"]

    @jax.jit
    def slopes(table):
        logits = jax.jacrev(lambda table: net.apply({"params": {**params, "embedding": table}}, tokens)[0, :, 0])
        return abs(logits(table)).sum(-1)

    np.testing.assert_array_equal(np.asarray(slopes(params["embedding"])) > 0, np.tri(9, k=-1, dtype=bool))
