"""Sums in an order of their own: against the same order by hand, and a step in virtual shards against one without."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.sharding import AxisType, PartitionSpec
from small import small_model

from aelab import latents, objectives, priors
from aelab.batch import Batch, Hyper
from aelab.experiment import Experiment, Player
from aelab.experiment.optimizers import optimizer
from aelab.objectives import Objective
from aelab.training import shards
from aelab.training.state import initial_state
from aelab.training.step import make_step

PARTS, DEVICES = 8, 4


def pairs(rows: np.ndarray) -> np.ndarray:
    """((r0 + r1) + (r2 + r3)) + …, each sum rounded to float32."""
    while len(rows) > 1:
        rows = rows[::2] + rows[1::2]
    return rows[0]


def on_devices(body, devices: int):
    """`body(rows)` on so many devices, each with its share of the rows."""
    chosen = jax.devices()[:devices]
    mesh = jax.make_mesh((devices,), ("device",), axis_types=(AxisType.Auto,), devices=chosen)
    split, whole = PartitionSpec("device"), PartitionSpec()
    return jax.jit(jax.shard_map(body, mesh=mesh, in_specs=split, out_specs=whole, check_vma=False))


def in_shards(rows, axis_name):
    """The sum of 3 x over the parts, and a whole number beside it: two types of numbers."""
    values = lambda given, part: {"a": given * part[0], "n": part.shape[0] * jnp.ones(2, jnp.int32)}  # noqa: E731
    return shards.in_shards(values, jnp.float32(3), rows, PARTS, axis_name)


@pytest.mark.parametrize("devices", [1, DEVICES])
def test_sums_are_those_of_pairs_on_any_number_of_devices(devices, monkeypatch):
    """Also where a vector is gathered in buckets, of which the last is not full."""
    monkeypatch.setattr(shards, "BUCKET", 3)
    rows = np.random.default_rng(0).normal(size=(PARTS, 7)).astype("f4")
    if devices == 1:
        found = jax.jit(partial(in_shards, axis_name=None))(rows)
    else:
        found = on_devices(partial(in_shards, axis_name="device"), devices)(rows)
    np.testing.assert_array_equal(found["a"], pairs(np.float32(3) * rows))
    assert found["n"].tolist() == [PARTS, PARTS]
    assert not np.array_equal(found["a"], (np.float32(3) * rows).cumsum(0)[-1])  # another order shows


def test_a_sum_over_one_part_keeps_the_sign_of_zero():
    zero = np.full((PARTS, 1), -0.0, "f4")
    found = jax.jit(partial(in_shards, axis_name=None))(zero)
    assert np.signbit(found["a"]).all()


def test_passes_kept_apart_have_the_value_and_the_gradient():
    loss = lambda x: (jnp.sum(jax.nn.softmax(x) ** 2), x[0])  # noqa: E731
    x = jnp.arange(4.0)
    both = jax.jit(shards.value_and_grad_apart(loss))
    plain = jax.jit(jax.value_and_grad(loss, has_aux=True))
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-6), both(x), plain(x))
    assert "optimization_barrier" in both.lower(x).as_text()


MODEL = small_model((4, 4, 1), latents.Gaussian(2), priors.standard_normal(2))
SGD = optimizer("sgd", schedule="constant", warmup=False, weight_decay=False, clip=False)
VAE = Experiment(MODEL, objectives.elbo, SGD)
HYPER, KEY = Hyper(lr=0.1, beta=0.5), jax.random.key(2)


@cache
def start():
    return initial_state(VAE, jax.tree.map(np.asarray, jax.jit(MODEL.init)(KEY, jnp.zeros((1, 4, 4, 1)))), HYPER)


def test_a_step_in_shards_is_a_step():
    """The last rows only pad; shards are cut into parts once more; what reads the rows reads those of one shard."""
    x = np.random.default_rng(0).random((16, 4, 4, 1), np.float32)
    batch = Batch(x, x, weight=np.float32(np.arange(16) < 11), index=np.arange(16))
    seen = []

    def read(rows: Batch) -> Batch:
        seen.append(len(rows.inputs))
        return rows

    plain = jax.jit(make_step(VAE))
    cut = jax.jit(partial(make_step(VAE, shards=4, parts=2), read=read))
    (one, few), (other, many) = (step(start(), batch, KEY, HYPER) for step in (plain, cut))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), one.params, other.params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), few, many)
    assert set(seen) == {4}


def cubed(model, params, key, batch, *, step, hyper, extra, gather):
    """(f − mean of f over the batch)³ with f = x · w; the slope of the mean does not cancel in it."""
    own = batch.inputs @ params["model"]["w"]
    every, weights = gather((own, batch.weights))
    cube = (own - weights @ every / weights.sum()) ** 3
    return objectives.Loss(cube, {"cube": cube})


@pytest.mark.parametrize("every", [1, 2])
def test_a_loss_across_the_batch_sees_all_shards_and_its_slope_reaches_all(every):
    """Against the derivative by hand; also for a player that waits in this step."""
    x, w = np.random.default_rng(1).normal(size=(8, 3)).astype("f4"), np.float32([1, -2, 0.5])
    weight = np.float32(np.arange(8) < 6)
    other = Player(Objective(cubed, across=True), SGD, every=every)
    still = Player(lambda *_, **__: objectives.Loss(jnp.zeros(2), {}), SGD, ("still",))
    experiment = Experiment(MODEL, players={"model": other, "still": still}, networks={"still": lambda key: {}})
    state = initial_state(experiment, {"model": {"w": w}, "still": {"v": np.float32(1)}}, HYPER)
    x[6:] = np.nan  # rows that only pad may be anything
    batch = Batch(x, x, weight=weight, index=np.arange(8))
    after, metrics = jax.jit(make_step(experiment, shards=4))(state, batch, KEY, HYPER)
    gap = (x @ w - (x[:6] @ w).mean())[:6]
    slope = (3 * gap[:, None] ** 2 * (x[:6] - x[:6].mean(0))).mean(0)
    np.testing.assert_allclose(after.params["model"]["w"], w - 0.1 * slope * (every == 1), rtol=1e-5)
    np.testing.assert_allclose(metrics.terms["cube"], (gap**3).sum() * (every == 1), rtol=1e-4)
