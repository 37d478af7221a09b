"""Choices as rows of 0 and 1, and several distributions side by side, against numpyro, scipy and by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as npd
import scipy.special
import scipy.stats

from aelab.distributions import Bernoulli, Categorical, Normal, OneHot, Product

LOGITS = jax.random.normal(jax.random.key(0), (4, 3))


def test_a_one_hot_row_is_as_likely_as_its_choice():
    choice = jnp.array([0, 2, 1, 2])
    d, row = OneHot(LOGITS), jax.nn.one_hot(choice, 3)
    exact = scipy.special.log_softmax(np.float64(LOGITS), -1)[np.arange(4), choice]
    np.testing.assert_allclose(d.log_prob(row), exact, rtol=1e-5)
    np.testing.assert_allclose(d.log_prob(row), Categorical(LOGITS[:, None]).log_prob(choice[:, None]), rtol=1e-5)
    np.testing.assert_allclose(d.mean, scipy.special.softmax(np.float64(LOGITS), -1), rtol=1e-5)
    np.testing.assert_array_equal(d.mode.argmax(-1), LOGITS.argmax(-1))
    assert (d.mode.sum(-1) == 1).all()


def test_rows_come_as_often_as_their_probabilities_say():
    n, p = 20_000, np.array([0.5, 0.3, 0.2])
    drawn = OneHot(jnp.broadcast_to(jnp.log(p), (n, 3))).sample(jax.random.key(0))
    assert (drawn.sum(-1) == 1).all()
    np.testing.assert_allclose(drawn.mean(0), p, atol=0.02)


def mixed(rows: int = 4):
    keys = jax.random.split(jax.random.key(1), 3)
    mean, odds, logits = (jax.random.normal(key, (rows, n)) for key, n in zip(keys, (2, 1, 3), strict=True))
    return Product((Normal(mean, jnp.array([0.2, -1.0])), Bernoulli(odds), OneHot(logits)))


def test_the_blocks_of_a_product_are_numpyros_and_add_up():
    d = mixed()
    numbers, coins, choice = jnp.array([[0.3, -2.0]] * 4), jnp.array([[1.0], [0], [1], [0]]), jnp.array([2, 0, 1, 1])
    x = jnp.concatenate([numbers, coins, jax.nn.one_hot(choice, 3)], -1)
    normal, coin, group = d.parts
    exact = npd.Normal(normal.mean, jnp.exp(normal.log_variance / 2)).to_event(1).log_prob(numbers)
    exact += npd.BernoulliLogits(coin.logits).to_event(1).log_prob(coins)
    exact += npd.CategoricalLogits(group.logits).log_prob(choice)
    np.testing.assert_allclose(d.log_prob(x), exact, rtol=1e-5)
    np.testing.assert_allclose(d.log_density(x).sum(-1), exact, rtol=1e-5)
    observed = jnp.array([1, 0, 1, 0, 0, 0], bool)[None].repeat(4, 0)  # the first number and the coin
    some = scipy.stats.norm(normal.mean[:, 0], np.exp(0.1)).logpdf(0.3)
    some += scipy.stats.bernoulli(scipy.special.expit(coin.logits[:, 0])).logpmf(coins[:, 0])
    np.testing.assert_allclose(d.log_prob(jnp.where(observed, x, jnp.nan), observed), some, rtol=1e-5)


def test_a_product_by_hand():
    """N(1; 0, 1), a fair coin, and one of two equal choices: −½ − ½ log 2π − 2 log 2."""
    d = Product((Normal(jnp.zeros((1, 1)), jnp.zeros(())), Bernoulli(jnp.zeros((1, 1))), OneHot(jnp.zeros((1, 2)))))
    value = d.log_prob(jnp.array([[1.0, 0, 0, 1]]))
    np.testing.assert_allclose(value, -0.5 - 0.5 * np.log(2 * np.pi) - 2 * np.log(2), rtol=1e-6)


def test_means_and_draws_stand_where_their_blocks_stand():
    d = mixed()
    for of in ("mean", "mode"):
        np.testing.assert_array_equal(getattr(d, of), np.concatenate([getattr(part, of) for part in d.parts], -1))
    one = jax.tree.map(lambda leaf: leaf if leaf.ndim == 1 else jnp.broadcast_to(leaf[:1], (5000, leaf.shape[1])), d)
    drawn = one.sample(jax.random.key(2))
    np.testing.assert_allclose(drawn.mean(0), d.mean[0], atol=0.06)
    np.testing.assert_allclose(drawn[:, :2].std(0), np.exp([0.1, -0.5]), rtol=0.05)
    assert np.isin(drawn[:, 2:], (0, 1)).all()
    np.testing.assert_allclose(np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1], 0, atol=0.05)  # blocks draw apart
