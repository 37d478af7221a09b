"""Two stochastic layers, a member of these tests alone: `support/two_layers.py` is all there is to write.

With affine networks everything is normal, so each bound is known: log p(x) by the marginal, the ELBO as log p(x) less
KL(q(z1, z2|x)‖p(z1, z2|x)), where both are normal distributions over the flat code.
"""

import dataclasses
import sys
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats
import two_layers
from everywhere import WAYS, assert_same, mostly_long

import aelab
from aelab import cli, latents, objectives
from aelab.audit.reproduce import reproduce
from aelab.audit.verify import verify
from aelab.batch import Batch, Hyper
from aelab.data.source import Spec
from aelab.evaluation.bounds import importance_bound
from aelab.runner import launch

NAME = "experiments.two_layers"
LOWER, UPPER, EVENT, SIGMA = 3, 2, 4, 0.6
KEY = jax.random.key(7)
AFFINE = two_layers.Config(widths=(), latent_dim=LOWER, upper_dim=UPPER, likelihood="normal", sigma=SIGMA)
HEADS = "mean_and_log_variance"


class Normal(NamedTuple):
    """A normal distribution over all numbers of an event or a code; float64."""

    mean: np.ndarray
    covariance: np.ndarray

    def log_prob(self, x):
        return scipy.stats.multivariate_normal(self.mean, self.covariance).logpdf(x)

    def divergence(self, other):
        """KL(self‖other)."""
        precision, shift = np.linalg.inv(other.covariance), other.mean - self.mean
        logs = np.linalg.slogdet(other.covariance)[1] - np.linalg.slogdet(self.covariance)[1]
        return 0.5 * (np.trace(precision @ self.covariance) + shift @ precision @ shift - len(shift) + logs)


def stacked(mean2, variance2, a, offset, variance1):
    """The joint of z2 ~ N(mean2, variance2) and z1 ~ N(z2 a + offset, variance1), over (z1, z2)."""
    cross = a.T * variance2
    covariance = np.block([[cross @ a + np.diag(variance1), cross], [cross.T, np.diag(variance2)]])
    return Normal(np.concatenate([mean2 @ a + offset, mean2]), covariance)


class Affine:
    """The model, its parameters, and what is exactly true of it."""

    def __init__(self):
        self.model = two_layers.build(AFFINE, Spec((EVENT,), "float32", "real")).model
        self.x = np.random.default_rng(1).normal(size=(3, EVENT))

    def params(self, seed=0, away=0.0):
        """Random; variances depend on nothing, else the joint is no normal. `away` goes along a random direction."""
        shapes = jax.eval_shape(self.model.init, jax.random.key(0), jnp.zeros((1, EVENT)))
        rng, direction = np.random.default_rng(seed), np.random.default_rng(99)
        params = jax.tree.map(
            lambda leaf: 0.4 * rng.normal(size=leaf.shape) + away * direction.normal(size=leaf.shape), shapes
        )
        parts = params["model"]
        for head in (parts["posterior"]["lower"]["Gaussian_0"], parts["posterior"]["upper"], parts["prior"]["lower"]):
            kernel = head[HEADS]["kernel"]
            kernel[:, kernel.shape[1] // 2 :] = 0
        return params

    def posterior(self, params, x):
        """q(z1, z2|x)."""
        parts = params["model"]["posterior"]
        mean2, log_variance2 = np.split(affine(parts["upper"][HEADS], x), 2)
        head = parts["lower"]["Gaussian_0"][HEADS]
        offset, log_variance1 = np.split(affine(head, np.concatenate([np.zeros(UPPER), x])), 2)
        return stacked(mean2, np.exp(log_variance2), head["kernel"][:UPPER, :LOWER], offset, np.exp(log_variance1))

    def joint(self, params):
        """p(x, z1, z2)."""
        head, decoder = params["model"]["prior"]["lower"][HEADS], params["model"]["decoder"]["net"]["Dense_0"]
        offset, log_variance = np.split(head["bias"], 2)
        z = stacked(np.zeros(UPPER), np.ones(UPPER), head["kernel"][:, :LOWER], offset, np.exp(log_variance))
        w = decoder["kernel"].T
        cross = w @ z.covariance
        of_x = cross @ w.T + SIGMA**2 * np.eye(EVENT)
        mean = np.concatenate([w @ z.mean + decoder["bias"], z.mean])
        return Normal(mean, np.block([[of_x, cross], [cross.T, z.covariance]]))

    def log_marginal(self, params, x):
        mean, covariance = self.joint(params)
        return Normal(mean[:EVENT], covariance[:EVENT, :EVENT]).log_prob(x)

    def exact_elbo(self, params, x):
        """log p(x) − KL(q(z|x)‖p(z|x))."""
        mean, covariance = self.joint(params)
        gain = covariance[EVENT:, :EVENT] @ np.linalg.inv(covariance[:EVENT, :EVENT])
        true = Normal(
            mean[EVENT:] + gain @ (x - mean[:EVENT]), covariance[EVENT:, EVENT:] - gain @ covariance[:EVENT, EVENT:]
        )
        return self.log_marginal(params, x) - self.posterior(params, x).divergence(true)

    def batch(self, draws):
        """Each event so many times, each row with a number of its own."""
        x = jnp.float32(np.repeat(self.x, draws, 0))
        return Batch(x, x, index=jnp.arange(len(x)))


def affine(layer, x):
    return x @ layer["kernel"] + layer["bias"]


def float32(params):
    return jax.tree.map(np.float32, params)


@pytest.fixture(scope="module")
def exact():
    return Affine()


@pytest.fixture(scope="module")
def elbo_and_gradient(exact):
    """Of many rows of each event: values, terms, and the gradient of the mean value."""
    batch = exact.batch(20_000)

    def mean(params):
        loss = objectives.elbo(exact.model, params, jax.random.key(5), batch, step=0, hyper=Hyper())
        return loss.value.mean(), loss

    (_, loss), gradient = jax.jit(jax.value_and_grad(mean, has_aux=True))(float32(exact.params()))
    return jax.tree.map(np.float64, (loss, gradient))


def test_the_elbo_is_that_of_the_closed_form(exact, elbo_and_gradient):
    loss, _ = elbo_and_gradient
    for values, x in zip(-loss.value.reshape(3, -1), exact.x, strict=True):
        error = values.std() / np.sqrt(values.size)
        assert abs(values.mean() - exact.exact_elbo(exact.params(), x)) < 4 * error
    assert (loss.terms["rate"] > 0).all()


def test_the_gradient_goes_through_both_layers(exact, elbo_and_gradient):
    """Along a random direction, against the slope of the closed form."""
    step = 1e-4
    ahead, behind = exact.params(away=step), exact.params(away=-step)
    slope = np.mean([exact.exact_elbo(ahead, x) - exact.exact_elbo(behind, x) for x in exact.x]) / (2 * step)
    way = jax.tree.map(lambda a, b: (a - b) / (2 * step), ahead, behind)
    found = sum(np.vdot(d, g) for d, g in zip(*map(jax.tree.leaves, (way, elbo_and_gradient[1])), strict=True))
    np.testing.assert_allclose(-found, slope, rtol=0.03)


def test_l_k_is_the_mean_weight_of_its_draws(exact):
    params, samples, key = exact.params(), 6, jax.random.key(3)
    batch = exact.batch(2)

    @jax.jit
    def bound_and_draws(params):
        q = exact.model.encode(params, batch.inputs)
        z = [q.sample(jax.random.fold_in(key, sample), batch.index) for sample in range(samples)]
        loss = objectives.iwae(exact.model, params, key, batch, step=0, hyper=Hyper(), samples=samples)
        return importance_bound(exact.model, params, key, batch, samples), loss.value, z

    bound, loss, draws = bound_and_draws(float32(params))
    for row, x in enumerate(np.repeat(exact.x, 2, 0)):
        z = np.float64([np.concatenate([layer[row] for layer in draw]) for draw in draws])
        log_p = exact.joint(params).log_prob(np.concatenate([np.tile(x, (samples, 1)), z], 1))
        weights = log_p - exact.posterior(params, x).log_prob(z)
        np.testing.assert_allclose(bound[row], scipy.special.logsumexp(weights) - np.log(samples), rtol=1e-4)
    np.testing.assert_allclose(-loss, bound, rtol=1e-5)


def test_l_k_comes_to_the_marginal_likelihood(exact):
    params, draws = exact.params(), 20_000
    parts = params["model"]["posterior"]
    for head in (parts["lower"]["Gaussian_0"], parts["upper"]):  # a wide q: no weight is far above all others
        head[HEADS]["bias"][len(head[HEADS]["bias"]) // 2 :] += 1.5

    @jax.jit
    def bound(params, batch, samples):
        return importance_bound(exact.model, params, jax.random.key(0), batch, samples)

    found = bound(float32(params), exact.batch(1), jnp.int32(draws))
    weights = np.exp(np.float64(bound(float32(params), exact.batch(draws), jnp.int32(1))).reshape(3, draws))
    errors = weights.std(1) / weights.mean(1) / np.sqrt(draws)
    assert (errors < 0.1).all()
    for value, error, x in zip(found, errors, exact.x, strict=True):
        assert abs(value - exact.log_marginal(params, x)) < 4 * error
        assert exact.exact_elbo(params, x) < value - 5 * error


def test_generated_events_have_the_moments_of_the_marginal(exact):
    params, count = exact.params(), 20_000
    made = jax.jit(exact.model.generate)(float32(params), jax.random.key(0), jnp.arange(count))
    mean, covariance = exact.joint(params)
    covariance = covariance[:EVENT, :EVENT] - SIGMA**2 * np.eye(EVENT)  # means of p(x|z), without their noise
    made = np.float64(made)
    assert (abs(made.mean(0) - mean[:EVENT]) < 5 * np.sqrt(np.diag(covariance) / count)).all()
    np.testing.assert_allclose(np.cov(made, rowvar=False), covariance, atol=0.05 * covariance.max())


CONFIG = two_layers.Config(data="digits", widths=(12,), batch_size=300, epochs=2)
SHORT = two_layers.Config(data="digits", widths=(8,), batch_size=36, optimizer="sgd", lr=1e-3, epochs=1)


@pytest.mark.parametrize("way", mostly_long(WAYS))
def test_it_trains_alike_everywhere(way):
    assert_same(SHORT, two_layers.build, way)


@pytest.mark.long
def test_its_nets_may_compute_in_bfloat16_and_again_in_the_backward_pass():
    """The code of several layers is cast as a whole; the loss is near to that in float32."""
    spec, x = Spec((4, 4, 1), "uint8", "unit", 255.0), jnp.full((3, 4, 4, 1), 0.4)
    plain = two_layers.Config(widths=(6,))
    found = {}
    for precision in ("f32", "bf16"):
        config = dataclasses.replace(plain, precision=precision, remat=precision == "bf16")
        model = two_layers.build(config, spec).model
        params = jax.jit(model.init)(jax.random.key(0), x)

        @jax.jit
        def loss(params, model=model):
            return objectives.elbo(model, params, KEY, Batch(x, x), step=0, hyper=Hyper()).value.mean()

        found[precision], gradient = jax.value_and_grad(loss)(params)
        assert all(leaf.dtype == jnp.float32 and (leaf != 0).any() for leaf in jax.tree.leaves(gradient))
    np.testing.assert_allclose(found["bf16"], found["f32"], rtol=0.02)
    assert found["bf16"] != found["f32"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run of the script, as if it stood in `experiments`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, NAME, two_layers)
        config = dataclasses.replace(CONFIG, runs_dir=tmp_path_factory.mktemp("runs"))
        yield launch.train(NAME, config, two_layers.build)


@pytest.mark.ci
def test_a_run_has_its_scores_pictures_and_report(trained):
    scores = trained.read("summary.json")["scores"]
    assert {"test/elbo", "test/l_2", "test/rate", "test/active_units", "test/bits_per_dim"} <= scores.keys()
    assert 0 <= scores["test/active_units"] <= 5
    drawn = {path.stem for path in (trained.path / "figures").glob("*.png")}
    assert drawn == {"codes", "curves", "interpolations", "reconstructions", "samples", "traversals"}
    assert "traversals" in (trained.path / "report.html").read_text()
    assert "-mlp-z3.2-" in trained.path.name


@pytest.mark.ci
def test_the_table_of_layers_counts_every_parameter(trained):
    layers = trained.read("manifest.json")["layers"]
    assert sum(layer["parameters"] for layer in layers) == trained.read("summary.json")["parameters"]
    code = {layer["layer"]: layer["output"] for layer in layers if layer["part"] == "code"}
    assert code == {"z1": [3], "z2": [2]}


@pytest.mark.ci
def test_traversals_move_the_prior_from_the_top_down(trained):
    model, params, _ = aelab.load(trained.path)
    with np.load(trained.path / "figures" / "traversals.npz") as drawn:
        rates, names, events = drawn["kl"], drawn["names"].tolist(), drawn["events"]
    assert sorted(names) == ["z1_0", "z1_1", "z1_2", "z2_0", "z2_1"]
    assert (np.diff(rates) <= 0).all()
    rate = trained.read("summary.json")["scores"]["test/rate"]
    np.testing.assert_allclose(rates.sum(), rate, rtol=0.1)  # both from one draw of each example
    upper = jnp.float32([[2.5, 0]])
    p = model.prior(params)
    lower = p.below[0](upper).mean
    row = names.index("z2_0")
    np.testing.assert_allclose(events[row, -1], model.decode(params, (lower, upper)).mean[0], atol=1e-5)
    start = p.below[0](jnp.zeros((1, 2)))
    moved = start.mean + jnp.float32([[0, -2.5, 0]]) * start.stddev
    row = names.index("z1_1")
    np.testing.assert_allclose(events[row, 0], model.decode(params, (moved, jnp.zeros((1, 2)))).mean[0], atol=1e-5)


@pytest.mark.long
def test_it_is_verified_and_made_again(trained):
    assert not verify(trained.path).damage
    assert reproduce(trained.path).same_bits


def run(path, task, source, target, *more) -> int:
    where = [] if source is None else ["--input", str(source)]
    return cli.main(["apply", str(path), "--task", task, *where, "--output", str(target), *more])


@pytest.mark.ci
def test_it_is_applied_to_events(trained, tmp_path):
    model, params, _ = aelab.load(trained.path)
    events = aelab.data.load("digits").test.get_batch(np.arange(6))["x"] / np.float32(16)
    np.save(tmp_path / "in.npy", events)
    z = jax.tree.map(np.asarray, model.encode(params, events).mode)
    for kind in ("npz", "npy", "csv"):
        assert run(trained.path, "encode", tmp_path / "in.npy", tmp_path / f"z.{kind}") == 0
    with np.load(tmp_path / "z.npz") as found:
        for name, layer in zip(("z1", "z2"), z, strict=True):
            np.testing.assert_allclose(found[name], layer, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.load(tmp_path / "z.npy"), latents.flat(z), rtol=1e-4, atol=1e-5)
    table = (tmp_path / "z.csv").read_text().splitlines()
    assert table[0] == "z1_0,z1_1,z1_2,z2_0,z2_1"
    np.testing.assert_allclose(np.loadtxt(table[1:], delimiter=","), latents.flat(z), rtol=1e-4, atol=1e-5)
    for task, shape in {"reconstruct": (6,), "interpolate": (3, 9), "traverse": (6 * 5, 9)}.items():
        assert run(trained.path, task, tmp_path / "in.npy", tmp_path / f"{task}.npy") == 0
        assert np.load(tmp_path / f"{task}.npy").shape == (*shape, 8, 8, 1)
    rebuilt, lines = np.load(tmp_path / "reconstruct.npy"), np.load(tmp_path / "interpolate.npy")
    np.testing.assert_allclose(lines[:, 0], rebuilt[::2], atol=1e-5)
    np.testing.assert_allclose(lines[:, -1], rebuilt[1::2], atol=1e-5)
    assert run(trained.path, "score", tmp_path / "in.npy", tmp_path / "scores.npz") == 0
    assert run(trained.path, "sample", None, tmp_path / "sample.npy", "--count", "5") == 0
    assert np.load(tmp_path / "sample.npy").shape == (5, 8, 8, 1)
