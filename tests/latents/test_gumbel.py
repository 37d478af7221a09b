"""Drawn codes: the relaxation becomes a draw as the temperature goes to 0, and rates are those of an enumeration."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import log_softmax, softmax
from scipy.stats import entropy

from aelab import latents
from aelab.distributions import UniformCodes

RNG = np.random.default_rng(0)
ROWS, TOKENS, CODES = 5, 2, 6
HEAD = latents.Gumbel(latents.Codebook(CODES, 3), TOKENS)
PARAMS = {
    "book": {"entries": RNG.normal(size=(1, CODES, 3)).astype("f4")},
    "logits": {"kernel": RNG.normal(size=(4, 12)).astype("f4"), "bias": RNG.normal(size=12).astype("f4")},
}
FEATURES = RNG.normal(size=(ROWS, 4)).astype("f4")
LOGITS = (FEATURES @ PARAMS["logits"]["kernel"] + PARAMS["logits"]["bias"]).reshape(ROWS, TOKENS, CODES)


@pytest.fixture(scope="module")
def q():
    return HEAD.apply({"params": PARAMS}, FEATURES)


def test_a_cold_relaxed_draw_is_the_draw(q):
    key, index = jax.random.key(1), jnp.arange(ROWS) + 7
    cold, draw = q.relaxed(key, index, 1e-4), q.sample(key, index)
    np.testing.assert_allclose(cold, draw, atol=1e-5)
    warm = q.relaxed(key, index, 1.0)
    assert (np.abs(warm - draw).max(1) > 1e-2).all()
    entries = np.asarray(PARAMS["book"]["entries"][0])
    assert all(any(np.allclose(part, e, atol=1e-6) for e in entries) for part in np.asarray(draw).reshape(-1, 3))


def test_draws_have_the_probabilities_of_the_logits(q):
    draws = jax.vmap(lambda key: q.named(q.sample(key)))(jax.random.split(jax.random.key(2), 4000))[..., 0]
    shares = np.stack([(np.asarray(draws) == k).mean(0) for k in range(CODES)], -1)
    np.testing.assert_allclose(shares, softmax(LOGITS, -1), atol=0.03)


def test_the_rate_is_that_of_an_enumeration(q):
    p = UniformCodes(jnp.full((TOKENS, 1), CODES), q.mixed)
    expected = [sum(entropy(softmax(place), np.full(CODES, 1 / CODES)) for place in row) for row in LOGITS]
    np.testing.assert_allclose(q.divergence(p, q.mode), expected, rtol=1e-5)


def test_a_code_has_the_probability_of_its_indices(q):
    chosen = np.asarray(q.indices)[..., 0]
    np.testing.assert_array_equal(chosen, LOGITS.argmax(-1))
    expected = np.take_along_axis(log_softmax(LOGITS, -1), chosen[..., None], -1).sum((1, 2))
    np.testing.assert_allclose(q.log_prob(q.mode), expected, rtol=1e-5)
    looked_up = HEAD.apply({"params": PARAMS}, q.indices, method="look_up")
    np.testing.assert_allclose(looked_up, q.mode, atol=1e-6)
