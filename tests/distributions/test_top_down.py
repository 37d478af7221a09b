"""A code of two layers whose joint distribution is one big normal, known to SciPy."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats

from aelab.distributions import Normal, TopDown, given, layers_at, map_rows

DRAWS = 20_000


class Below(nn.Module):
    """z1 | z2 ~ N(z2 A + context, σ²) with σ² = exp(log_variance)."""

    log_variance: tuple[float, ...]

    @nn.compact
    def __call__(self, above, context=None):
        mean = nn.Dense(len(self.log_variance), use_bias=False, name="a")(above)
        mean = mean if context is None else mean + context
        return Normal(mean, jnp.broadcast_to(jnp.float32(self.log_variance), mean.shape))


class Layers(nn.Module):
    """q(z2|x) q(z1|z2, x) with a row for each event, or p(z2) p(z1|z2) with none."""

    log_variance: tuple[float, ...]

    def setup(self):
        self.lower = Below(self.log_variance)

    def __call__(self, top: Normal, context=None):
        above = top.mode if top.mode.ndim == 2 else top.mode[None]
        return TopDown((given(self.lower, above, *([] if context is None else [context])),), top)


class Exact:
    """The joint normal over the flat code (z1, z2)."""

    def __init__(self, a, mean2, variance2, variance1, context=0.0):
        self.mean = np.concatenate([mean2 @ a + context, mean2])
        lower = a.T * variance2 @ a + np.diag(variance1)
        cross = a.T * variance2
        self.covariance = np.block([[lower, cross], [cross.T, np.diag(variance2)]])

    @property
    def normal(self):
        return scipy.stats.multivariate_normal(self.mean, self.covariance)

    def divergence(self, other):
        """KL of two normals, by the textbook."""
        precision, shift = np.linalg.inv(other.covariance), other.mean - self.mean
        logs = np.linalg.slogdet(other.covariance)[1] - np.linalg.slogdet(self.covariance)[1]
        return 0.5 * (np.trace(precision @ self.covariance) + shift @ precision @ shift - len(shift) + logs)


class Case:
    def __init__(self):
        rng = np.random.default_rng(0)
        self.a, self.prior_a = rng.normal(size=(2, 2, 3))
        self.mean2, self.variance2 = rng.normal(size=(2, 2)), np.exp(rng.normal(size=(2, 2)))
        self.log_variance, self.context = rng.normal(size=3), rng.normal(size=(2, 3))
        self.events = np.repeat([0, 1], DRAWS)
        self.index = jnp.arange(2 * DRAWS)

    def exact(self, event):
        moments = self.mean2[event], self.variance2[event]
        return Exact(self.a, *moments, np.exp(self.log_variance), self.context[event])

    @property
    def exact_prior(self):
        return Exact(self.prior_a, np.zeros(2), np.ones(2), np.ones(3))

    def q(self, events) -> Any:
        top = Normal(jnp.float32(self.mean2[events]), jnp.float32(np.log(self.variance2[events])))
        module = Layers(tuple(self.log_variance.tolist()))
        return module.apply(parameters(self.a), top, jnp.float32(self.context[events]))

    @property
    def p(self) -> Any:
        return Layers((0.0,) * 3).apply(parameters(self.prior_a), Normal(jnp.zeros(2), jnp.zeros(2)))


def parameters(a):
    return {"params": {"lower": {"a": {"kernel": jnp.float32(a)}}}}


@pytest.fixture(scope="module")
def case():
    return Case()


@pytest.fixture(scope="module")
def drawn(case):
    """Many draws of each of two events, and their log densities; numpy's flat codes."""
    z, log_q = jax.jit(lambda q, index: q.sample_and_log_prob(jax.random.key(1), index))(
        case.q(case.events), case.index
    )
    return z, np.concatenate(z, 1), np.asarray(log_q)


def test_its_parameters_are_those_of_its_networks():
    shapes = jax.eval_shape(Layers((0.0,) * 3).init, jax.random.key(0), Normal(jnp.zeros(2), jnp.zeros(2)))
    assert jax.tree.map(lambda leaf: leaf.shape, shapes) == {"params": {"lower": {"a": {"kernel": (2, 3)}}}}


def test_draws_have_the_moments_of_the_joint_normal(case, drawn):
    for event in (0, 1):
        own, exact = drawn[1][case.events == event], case.exact(event)
        error = 5 * np.sqrt(np.diag(exact.covariance) / DRAWS)
        assert (abs(own.mean(0) - exact.mean) < error).all()
        np.testing.assert_allclose(np.cov(own, rowvar=False), exact.covariance, atol=0.06 * exact.covariance.max())


def test_densities_are_those_of_the_joint_normal(case, drawn):
    z, flat, log_q = drawn
    again = np.asarray(jax.jit(lambda q, z: q.log_prob(z))(case.q(case.events), z))
    np.testing.assert_allclose(log_q, again, rtol=1e-5, atol=1e-5)
    for event in (0, 1):
        own = case.events == event
        np.testing.assert_allclose(log_q[own], case.exact(event).normal.logpdf(flat[own]), rtol=1e-4, atol=2e-4)
    of_prior = np.asarray(jax.jit(lambda p, z: p.log_prob(z))(case.p, z))
    np.testing.assert_allclose(of_prior, case.exact_prior.normal.logpdf(flat), rtol=1e-4, atol=2e-3)


def test_the_divergence_is_right_on_average_and_surer_than_the_ratio_of_densities(case, drawn):
    z, _, log_q = drawn
    terms = np.asarray(jax.jit(lambda q, p, z: q.divergence(p, z))(case.q(case.events), case.p, z))
    ratio = log_q - np.asarray(case.p.log_prob(z))
    for event in (0, 1):
        own = case.events == event
        exact = case.exact(event).divergence(case.exact_prior)
        assert abs(terms[own].mean() - exact) < 4 * terms[own].std() / np.sqrt(DRAWS)
        assert abs(ratio[own].mean() - exact) < 4 * ratio[own].std() / np.sqrt(DRAWS)
        assert terms[own].std() < ratio[own].std()


def test_against_a_prior_without_layers_it_is_the_ratio_of_densities(case, drawn):
    class Flat:
        def log_prob(self, z):
            return -z[0].sum(1)

    q = case.q(case.events[:3])
    z = jax.tree.map(lambda layer: layer[:3], drawn[0])
    np.testing.assert_allclose(q.divergence(Flat(), z), q.log_prob(z) + z[0].sum(1), rtol=1e-6)


def test_a_row_draws_by_its_number_and_a_layer_by_a_key_of_its_own(case, drawn):
    few = np.array([7, 30_000, 7])
    z = case.q(case.events[few]).sample(jax.random.key(1), few)
    for layer, all_rows in zip(z, drawn[0], strict=True):
        np.testing.assert_allclose(layer, all_rows[few], rtol=1e-5, atol=1e-6)
    same = TopDown((given_ones(),), Normal(jnp.zeros((500, 2)), jnp.zeros((500, 2))))
    lower, upper = same.sample(jax.random.key(0))
    assert abs(np.corrcoef(np.ravel(lower), np.ravel(upper))[0, 1]) < 0.15  # 1 where both use one key


def given_ones():
    class Standard(nn.Module):
        def __call__(self, above):
            return Normal(jnp.zeros_like(above), jnp.zeros_like(above))

    class Holder(nn.Module):
        def setup(self):
            self.lower = Standard()

        def __call__(self):
            return given(self.lower, jnp.zeros((1, 2)))

    out: Any = Holder().apply({})
    return out


def test_the_mode_goes_down_the_modes(case):
    lower, upper = case.q(np.array([0, 1])).mode
    np.testing.assert_allclose(upper, case.mean2, rtol=1e-6)
    np.testing.assert_allclose(lower, case.mean2 @ case.a + case.context, rtol=1e-5)


def test_its_layers_are_normal_and_a_normal_is_its_own(case):
    q = case.q(np.array([0, 1]))
    z = q.mode
    lower, upper = layers_at(q, z)
    np.testing.assert_allclose(lower.mean, z[0])
    assert upper is q.top
    assert layers_at(upper, z[1]) == (upper,)


def test_rows_are_taken_and_networks_stay(case):
    q = case.q(np.array([0, 1, 1]))
    first = map_rows(lambda leaf: leaf[:1], q)
    np.testing.assert_allclose(first.mode[0], q.mode[0][:1], rtol=1e-6)
    joined = map_rows(lambda a, b: jnp.concatenate([a, b]), first, map_rows(lambda leaf: leaf[1:], q))
    jax.tree.map(np.testing.assert_array_equal, joined, q)


def test_equal_records_share_a_compiled_program(case):
    traced = []

    @jax.jit
    def mode(q):
        traced.append(None)
        return q.mode

    mode(case.q(np.array([0, 1])))
    mode(case.q(np.array([1, 0])))
    assert len(traced) == 1
