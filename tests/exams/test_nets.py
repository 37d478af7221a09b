"""One battery over all nets: any of them meets any code, likelihood and objective, on images and on series.

A new net is a line in `NETS`.
"""

import math
from functools import partial
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

IMAGE, SERIES = (7, 6, 2), (9, 3)
SHARED = {"activation": "gelu", "depth": 1, "width": 32}
NETS = {
    "mlp": {"mirror": True, "widths": (24,)},
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
    return jax.random.uniform(jax.random.key(7), (n, *event))


@pytest.fixture(scope="module", params=CASES, ids=lambda case: f"{case[0]}-{len(case[1])}d")
def case(request):
    """A model, its parameters, a batch, and the loss and gradient of the ELBO, compiled."""
    net, event = request.param
    model, x = make(net, event), events(event)
    params = jax.jit(model.init)(jax.random.key(0), x)
    batch = Batch(x, x, index=jnp.arange(len(x)))

    def loss(params, batch, key):
        result = objectives.elbo(model, params, key, batch, step=0, hyper=Hyper())
        return result.value.mean(), result.value

    return SimpleNamespace(
        model=model, params=params, batch=batch, event=event, loss=loss, gradient=jax.jit(jax.grad(loss, has_aux=True))
    )


def test_the_exam_knows_every_net():
    assert set(NETS) == set(nets.menu)


def test_finite_per_example_and_the_gradient_reaches_every_parameter(case):
    gradient, values = case.gradient(case.params, case.batch, jax.random.key(1))
    assert values.shape == (8,)
    assert np.isfinite(values).all()
    for path, leaf in jax.tree_util.tree_leaves_with_path(gradient):
        assert np.isfinite(leaf).all(), path
        assert np.abs(leaf).max() > 0, path


def test_the_event_comes_back_in_its_shape(case):
    assert case.model.encode(case.params, case.batch.inputs).mean.shape == (8, 5)
    assert case.model.reconstruct(case.params, case.batch.inputs).shape == (8, *case.event)
    assert case.model.generate(case.params, jax.random.key(0), jnp.arange(3)).shape == (3, *case.event)


def test_compiled_or_not_is_the_same_and_so_is_the_same_key(case):
    key = jax.random.key(1)
    _, compiled = case.gradient(case.params, case.batch, key)
    _, again = case.gradient(case.params, case.batch, key)
    np.testing.assert_array_equal(compiled, again)
    np.testing.assert_allclose(case.loss(case.params, case.batch, key)[1], compiled, rtol=1e-5)


def test_rows_do_not_see_each_other(case):
    key, order = jax.random.key(1), jnp.array([3, 1, 7, 0, 2, 4, 6, 5])
    _, values = case.gradient(case.params, case.batch, key)
    shuffled = Batch(case.batch.inputs[order], case.batch.targets[order], index=order)
    np.testing.assert_allclose(case.gradient(case.params, shuffled, key)[1], values[order], rtol=1e-5)


@hypothesis.settings(max_examples=20, derandomize=True, deadline=None)
@hypothesis.given(event=st.lists(st.integers(1, 40), min_size=2, max_size=3).map(tuple))
@pytest.mark.parametrize("net", NETS)
def test_any_event_comes_back_in_its_shape(net, event):
    """Series and images of 20 random shapes; nothing is computed."""
    model, x = make(net, event), jax.ShapeDtypeStruct((2, *event), "float32")
    params = jax.eval_shape(model.init, jax.random.key(0), x)
    assert jax.eval_shape(model.encode, params, x).mean.shape == (2, 5)
    assert jax.eval_shape(model.reconstruct, params, x).shape == x.shape


@pytest.mark.parametrize("net", NETS)
def test_padding_changes_no_code_no_loss_and_no_gradient(net):
    """A net made for 12 steps reads a series of 9 alone and padded, to 12 or far beyond, with one thing or another."""
    model = make(net, (12, 3), **({"max_length": 109} if net == "transformer" else {}))
    params = jax.jit(model.init)(jax.random.key(0), events((12, 3)))
    x = events(SERIES)
    steps = jnp.array([9, 4, 1, 7, 9, 2, 5, 6])

    @jax.jit
    @partial(jax.value_and_grad, has_aux=True)
    def loss(params, batch):
        value = objectives.elbo(model, params, jax.random.key(1), batch, step=0, hyper=Hyper()).value.mean()
        return value, model.encode(params, batch.inputs, mask=batch.mask).mode

    found = []
    for extra in (0, 3, 100):
        padded = jnp.concatenate([x, jnp.full((8, extra, 3), 1e3)], axis=1)
        mask = jnp.arange(9 + extra) < steps[:, None]
        for fill in (padded, jnp.where(mask[..., None], padded, -7.0)):
            batch = Batch(fill, fill, mask=mask, index=jnp.arange(8))
            found.append(loss(params, batch))
    ((plain, code), expected), *others = found
    largest = max(np.abs(leaf).max() for leaf in jax.tree.leaves(expected))  # some gradients are 0 but for rounding
    for (value, mode), gradient in others:
        np.testing.assert_allclose(value, plain, rtol=1e-6)
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
    model = make(net, IMAGE, likelihoods.Categorical(3))
    x = jnp.round(events(IMAGE, 2) * 2) / 2
    params = jax.jit(model.init)(jax.random.key(0), x)
    p = model.decode(params, model.encode(params, x).mode)
    assert p.logits.shape == (2, *IMAGE, 3)
    assert math.isfinite(p.log_prob(x).sum())
