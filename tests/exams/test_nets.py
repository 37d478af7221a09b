"""One battery over all nets: any of them meets any code, likelihood and objective, on images and on series.

A new net is a line in `NETS`.
"""

from types import SimpleNamespace

import hypothesis
import hypothesis.strategies as st
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from aelab import latents, likelihoods, nets, objectives, priors
from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder

IMAGE, SERIES = (7, 6, 2), (12, 3)
STEPS = np.array([9, 4, 1, 7, 9, 2, 5, 6])  # of eight series in a batch of 9 steps
SHARED = {"activation": "gelu", "depth": 1, "width": 32}
NETS = {
    "mlp": {"mirror": True, "widths": (24,), "shortcut": False},
    "conv": {"channels": (8, 12), "kernel": 3, "residual": 0, "norm": "none", "dense": 0, "latent_grid": False},
    "lstm": {"bidirectional": False, "feedback": False},
    "transformer": {"heads": 2, "patch": 0, "positions": "learned", "max_length": 0},
}
CASES = [(net, event) for net in NETS for event in (IMAGE, SERIES)]


def make(net, event, likelihood=None, **options):
    likelihood = likelihood or likelihoods.Normal()
    config = SimpleNamespace(**(SHARED | NETS[net] | options))
    encoder, decoder = nets.menu[net](config, event, likelihoods.event_outputs(likelihood, event))
    return Autoencoder(
        encoder=encoder,
        posterior=latents.Gaussian(5),
        prior=priors.standard_normal(5),
        decoder=decoder,
        likelihood=likelihood,
    )


def events(event, n=8):
    return np.random.default_rng(7).random((n, *event), np.float32)


JUNK = [(0.5, 1e3), (-7.0, -7.0)]  # behind the end of a series, and behind the longest


def batch_of(event, extra=0, junk=(0.0, 0.0)):
    """Images; or series of 9 steps at most with so many behind, which hold one thing behind the end of a series and
    another behind the 9 steps."""
    if len(event) == 3:
        x = events(event)
        return Batch(x, x, index=np.arange(8))
    x = np.pad(events((9, 3)), ((0, 0), (0, extra), (0, 0)), constant_values=junk[1])
    mask = np.arange(9 + extra) < STEPS[:, None]
    x[:, :9] = np.where(mask[:, :9, None], x[:, :9], junk[0])
    return Batch(x, x, mask=mask, index=np.arange(8))


# A Transformer on images is the slowest of them to compile: the fast tests hold it on series.
IN_CI = [case for case in CASES if case[0] == "transformer" and len(case[1]) == 3]
TIERS = [pytest.param(case, marks=pytest.mark.ci) if case in IN_CI else case for case in CASES]


@pytest.fixture(scope="module", params=TIERS, ids=lambda case: f"{case[0]}-{len(case[1])}d")
def case(request):
    """A model, its parameters, a batch, and the loss and gradient of the ELBO, compiled.

    A net over series is made for 12 steps and reads at most 9 of them.
    """
    net, event = request.param
    model = make(net, event, **({"max_length": 109} if (net, event) == ("transformer", SERIES) else {}))
    params = jax.jit(model.init)(jax.random.key(0), events(event))

    def loss(params, batch, key):
        result = objectives.elbo(model, params, key, batch, step=0, hyper=Hyper())
        return result.value.mean(), (result.value, model.encode(params, batch.inputs, mask=batch.mask).mode)

    return SimpleNamespace(
        net=net,
        model=model,
        params=params,
        batch=batch_of(event),
        event=event,
        loss=loss,
        gradient=jax.jit(jax.grad(loss, has_aux=True)),
    )


def test_the_exam_knows_every_net():
    assert set(NETS) == set(nets.menu)


def test_finite_per_example_and_the_gradient_reaches_every_parameter(case):
    gradient, (values, _) = case.gradient(case.params, case.batch, jax.random.key(1))
    assert values.shape == (8,)
    assert np.isfinite(values).all()
    for path, leaf in jax.tree_util.tree_leaves_with_path(gradient):
        assert np.isfinite(leaf).all(), path
        assert np.abs(leaf).max() > 0, path


def test_the_event_comes_back_in_its_shape(case):
    def doors(params, x):
        generated = case.model.generate(params, jax.random.key(0), jnp.arange(3))
        return case.model.encode(params, x).mean, case.model.reconstruct(params, x), generated

    shapes = [outputs.shape for outputs in jax.eval_shape(doors, case.params, events(case.event))]
    assert shapes == [(8, 5), (8, *case.event), (3, *case.event)]


def test_the_same_key_gives_the_same(case):
    first, again = (case.gradient(case.params, case.batch, jax.random.key(1)) for _ in range(2))
    jax.tree.map(np.testing.assert_array_equal, first, again)


RARE = {("transformer", IMAGE), ("conv", SERIES)}  # the other form of the same net is in the middle tier
EAGER = [
    pytest.param(case, marks=pytest.mark.long if case in RARE else [pytest.mark.ci] * (case != ("mlp", SERIES)))
    for case in CASES
]


@pytest.mark.parametrize("case", EAGER, ids=lambda case: f"{case[0]}-{len(case[1])}d", indirect=True)
def test_compiled_or_not_is_the_same(case):
    """Each operation of an uncompiled net is a program of its own: one net is enough for the fast tests."""
    key = jax.random.key(1)
    _, (compiled, _) = case.gradient(case.params, case.batch, key)
    _, (plain, _) = case.loss(case.params, jax.tree.map(jnp.asarray, case.batch), key)
    np.testing.assert_allclose(plain, compiled, rtol=1e-5)


def test_rows_do_not_see_each_other(case):
    key, order = jax.random.key(1), np.array([3, 1, 7, 0, 2, 4, 6, 5])
    _, (values, _) = case.gradient(case.params, case.batch, key)
    shuffled = jax.tree.map(lambda leaf: leaf[order], case.batch)
    _, (moved, _) = case.gradient(case.params, shuffled, key)
    np.testing.assert_allclose(moved, np.asarray(values)[order], rtol=1e-5)


@pytest.mark.parametrize("shapes", [4, pytest.param(20, marks=pytest.mark.long)])
@pytest.mark.parametrize("net", NETS)
def test_any_event_comes_back_in_its_shape(net, shapes):
    """Series and images of random shapes; nothing is computed."""

    @hypothesis.settings(max_examples=shapes, derandomize=True, deadline=None, database=None)
    @hypothesis.given(event=st.lists(st.integers(1, 40), min_size=2, max_size=3).map(tuple))
    def comes_back(event):
        model, x = make(net, event), jax.ShapeDtypeStruct((2, *event), "float32")

        def doors(x):
            params = model.init(jax.random.key(0), x)
            q = model.encode(params, x)
            return q.mean, model.decode(params, q.mode).mean

        code, rebuilt = jax.eval_shape(doors, x)
        assert code.shape == (2, 5)
        assert rebuilt.shape == x.shape

    comes_back()


SERIES_ONLY = [pytest.param((net, SERIES), id=net) for net in NETS]


@pytest.mark.parametrize("extra", [pytest.param(3, marks=pytest.mark.ci), 100])
@pytest.mark.parametrize("case", SERIES_ONLY, indirect=True)
def test_padding_changes_no_code_no_loss_and_no_gradient(case, extra):
    """A net made for 12 steps reads series of 9 alone and padded, to 12 or far beyond, with one thing or another."""
    key = jax.random.key(1)
    expected, (values, code) = case.gradient(case.params, case.batch, key)
    largest = max(np.abs(leaf).max() for leaf in jax.tree.leaves(expected))  # some gradients are 0 but for rounding
    for padded in (batch_of(SERIES, junk=(-7.0, 0.0)), *(batch_of(SERIES, extra, (a, b)) for a, b in JUNK)):
        gradient, (same, mode) = case.gradient(case.params, padded, key)
        np.testing.assert_allclose(np.mean(same), np.mean(values), rtol=1e-6)
        np.testing.assert_allclose(mode, code, rtol=0, atol=1e-6 * np.abs(code).max())
        jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-6 * largest), gradient, expected)


SLOW = {"lstm", "transformer"}


@pytest.mark.parametrize("net", [pytest.param(net, marks=[pytest.mark.long] * (net in SLOW)) for net in NETS])
def test_eight_examples_are_learned_by_heart(net):
    model = make(net, SERIES)
    x = events(SERIES)
    adam = optax.adam(3e-3)

    def squared(params):
        return jnp.square(model.reconstruct(params, x) - x).sum() / len(x)

    def step(carry, _):
        params, state = carry
        value, gradient = jax.value_and_grad(squared)(params)
        changes, state = adam.update(gradient, state)
        return (optax.apply_updates(params, changes), state), value

    @jax.jit
    def train(params):
        return jax.lax.scan(step, (params, adam.init(params)), length=1500)[1]

    errors = train(jax.jit(model.init)(jax.random.key(0), x))
    variance = jnp.square(x - x.mean(0)).sum() / len(x)
    assert errors[-1] < 0.02 * variance


@pytest.mark.parametrize("net", NETS)
def test_several_outputs_for_an_entry(net):
    model = make(net, IMAGE, likelihoods.GreyLevels(3))
    x = np.round(events(IMAGE, 2) * 2) / 2

    @jax.jit
    def logits_and_log_prob(params, x):
        p = model.decode(params, model.encode(params, x).mode)
        return p.logits, p.log_prob(x)

    shapes = jax.eval_shape(model.init, jax.random.key(0), x)  # random parameters that need no program
    params = jax.tree.map(lambda leaf: np.random.default_rng(0).normal(0, 0.1, leaf.shape).astype("f4"), shapes)
    logits, log_prob = logits_and_log_prob(params, x)
    assert logits.shape == (2, *IMAGE, 3)
    assert np.isfinite(log_prob).all()
