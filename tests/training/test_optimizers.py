"""Optimizers with traced numbers do what optax's own do with constants."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from aelab.batch import Hyper
from aelab.errors import ConfigError
from aelab.experiment.optimizers import optimizer

PARAMS = {"w": jnp.array([1.0, -2.0, 3.0]), "b": jnp.array(0.5)}


def loss(params):
    return (params["w"] ** 2).sum() + (params["b"] - 2) ** 4


def run(transformation, params, steps=7):
    def step(carry, _):
        params, state = carry
        updates, state = transformation.update(jax.grad(loss)(params), state, params)
        return (optax.apply_updates(params, updates), state), None

    (params, _), _ = jax.lax.scan(step, (params, transformation.init(params)), length=steps)
    return params


def assert_same(ours, theirs):
    found = jax.jit(lambda params: [run(transformation, params) for transformation in (ours, theirs)])(PARAMS)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), *found)


def make(name="adam", *, schedule="constant", warmup=False, weight_decay=False, clip=False):
    return optimizer(name, schedule=schedule, warmup=warmup, weight_decay=weight_decay, clip=clip)


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("adam", optax.adam(0.1)),
        ("sgd", optax.sgd(0.1)),
        ("momentum", optax.sgd(0.1, momentum=0.9)),
        ("rmsprop", optax.rmsprop(0.1)),
        ("lion", optax.lion(0.1, b2=0.99, weight_decay=0.0)),
    ],
)
def test_plain(name, theirs):
    assert_same(make(name)(Hyper(lr=0.1)), theirs)


def test_moments_that_are_not_the_usual_ones():
    plain = {"schedule": "constant", "warmup": False, "weight_decay": False, "clip": False}
    assert_same(optimizer("adam", **plain, b1=0.5, b2=0.9, eps=1e-3)(Hyper(lr=0.1)), optax.adam(0.1, 0.5, 0.9, 1e-3))
    with pytest.raises(ConfigError, match="optimizer: sgd has no b1"):
        optimizer("sgd", **plain, b1=0.5)


def test_decoupled_decay_is_adamw():
    assert_same(make("adamw", weight_decay=True)(Hyper(lr=0.1, weight_decay=0.02)), optax.adamw(0.1, weight_decay=0.02))


def test_clipping_limits_the_global_norm():
    theirs = optax.chain(optax.clip_by_global_norm(0.5), optax.sgd(0.1))
    assert_same(make("sgd", clip=True)(Hyper(lr=0.1, clip=0.5)), theirs)


@pytest.mark.parametrize(("name", "theirs"), [("adam", optax.adam(0.1)), ("rmsprop", optax.rmsprop(0.1))])
def test_the_gradient_is_clipped_before_the_optimizer_sees_it(name, theirs):
    """Whose steps may be longer than the limit: of Adam's first one every number is as long as the learning rate."""
    ours = make(name, clip=True)(Hyper(lr=0.1, clip=0.5))
    assert_same(ours, optax.chain(optax.clip_by_global_norm(0.5), theirs))
    first = ours.update(jax.grad(loss)(PARAMS), ours.init(PARAMS), PARAMS)[0]
    if name == "adam":
        np.testing.assert_allclose(np.abs(jax.tree.leaves(first)[1]), 0.1, rtol=1e-4)


def test_behind_its_end_a_schedule_stays_at_nothing():
    for schedule, theirs in (
        ("cosine", optax.cosine_decay_schedule(0.1, 4)),
        ("linear", optax.linear_schedule(0.1, 0, 4)),
    ):
        assert_same(make("sgd", schedule=schedule)(Hyper(lr=0.1, steps=4)), optax.sgd(theirs))


def test_cosine_goes_down_to_nothing():
    assert_same(make("sgd", schedule="cosine")(Hyper(lr=0.1, steps=7)), optax.sgd(optax.cosine_decay_schedule(0.1, 7)))


def test_linear_and_warm_up():
    ours = make("sgd", schedule="linear", warmup=True)(Hyper(lr=0.1, steps=10, warmup=4))
    theirs = optax.sgd(lambda count: 0.1 * jnp.minimum((count + 1) / 4, 1) * (1 - count / 10))
    assert_same(ours, theirs)


def test_a_sweep_over_numbers_compiles_once():
    traced = []

    @jax.jit
    def final(hyper):
        traced.append(hyper)
        return run(make(schedule="cosine", warmup=True, weight_decay=True, clip=True)(hyper), PARAMS, steps=2)["b"]

    values = {float(final(jax.tree.map(jnp.float32, Hyper(lr=lr, clip=1.0, steps=10.0)))) for lr in (0.1, 0.01, 0.5)}
    assert len(values) == 3
    assert len(traced) == 1
