"""One step against plain gradient descent on the mean of the objective."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from small import small_model

from aelab import latents, objectives, priors
from aelab.batch import Batch, Hyper
from aelab.errors import ConfigError
from aelab.experiment import Experiment, Player
from aelab.experiment.optimizers import optimizer
from aelab.objectives import Objective
from aelab.training.state import initial_state
from aelab.training.step import Keys, make_chunk, make_step

MODEL = small_model((4, 4, 1), latents.Gaussian(2), priors.standard_normal(2))
ELBO = partial(objectives.elbo, MODEL)
SGD = optimizer("sgd", schedule="constant", warmup=False, weight_decay=False, clip=False)
VAE = Experiment(MODEL, objectives.elbo, SGD)
HYPER = Hyper(lr=0.1, beta=0.5)
KEY = jax.random.key(2)
STEP = jax.jit(make_step(VAE))


def batch(n, weight=None):
    x = np.random.default_rng(0).random((n, 4, 4, 1), np.float32)
    return Batch(x, x, weight=weight, index=np.arange(n))


@cache
def start():
    params = jax.jit(MODEL.init)(jax.random.key(1), jnp.zeros((1, 4, 4, 1)))
    return initial_state(VAE, jax.tree.map(np.asarray, params), HYPER)


def test_a_step_descends_the_mean_over_the_batch():
    state, key = start(), jax.random.key(2)
    after, metrics = STEP(state, batch(6), key, HYPER)

    def mean_loss(params):
        loss = ELBO(params, jax.random.fold_in(key, 0), batch(6), step=0, hyper=HYPER)
        return loss.value.mean()

    value, grads = jax.tree.map(np.asarray, jax.jit(jax.value_and_grad(mean_loss))(state.params))
    metrics = jax.tree.map(np.asarray, metrics)
    by_hand = jax.tree.map(lambda p, g: p - 0.1 * g, state.params, grads)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), after.params, by_hand)
    assert (int(after.step), float(metrics.count)) == (1, 6)
    np.testing.assert_allclose(metrics.loss["model"] / metrics.count, value, rtol=1e-6)
    parts = metrics.terms["distortion"] + 0.5 * metrics.terms["rate"]
    np.testing.assert_allclose(metrics.loss["model"], parts, rtol=1e-6)


def test_rows_of_no_weight_change_nothing():
    step, key = STEP, jax.random.key(2)
    padded = jax.tree.map(lambda a: np.concatenate([a, a[:2] * 0]), batch(6, np.ones(6, "f4")))
    padded = padded._replace(index=np.arange(8))
    (plain, few), (same, many) = step(start(), batch(6), key, HYPER), step(start(), padded, key, HYPER)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), plain.params, same.params)
    np.testing.assert_allclose(few.loss["model"], many.loss["model"], rtol=1e-6)


def test_draws_change_from_step_to_step():
    step, key = STEP, jax.random.key(2)
    frozen = HYPER._replace(lr=0.0)
    first, one = step(start(), batch(6), key, frozen)
    _, two = step(first, batch(6), key, frozen)
    assert float(one.terms["distortion"]) != float(two.terms["distortion"])
    np.testing.assert_allclose(one.terms["rate"], two.terms["rate"], rtol=1e-6)


def test_two_players_each_move_from_where_both_stood():
    """A second player that pulls its one number towards the first player's bias norm."""

    def pull(model, params, key, batch, *, step, hyper, extra):
        gap = params["other"]["x"] - sum(jnp.sum(leaf**2) for leaf in jax.tree.leaves(params["model"]))
        return objectives.Loss(jnp.full(len(batch.inputs), gap**2), {"gap": jnp.full(len(batch.inputs), gap)})

    players = {"model": Player(objectives.elbo, SGD), "other": Player(pull, SGD, ("other",))}
    two = Experiment(MODEL, players=players, networks={"other": lambda key: {"x": jnp.zeros(())}})
    params = {**start().params, "other": {"x": jnp.zeros(())}}
    state = initial_state(two, params, HYPER)
    both = jax.jit(make_step(two))
    after, metrics = both(state, batch(6), jax.random.key(2), HYPER)
    alone, _ = STEP(start(), batch(6), jax.random.key(2), HYPER)
    norm = sum(np.square(leaf).sum() for leaf in jax.tree.leaves(params["model"]))
    np.testing.assert_allclose(after.params["other"]["x"], 0.1 * 2 * norm, rtol=1e-5)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), after.params["model"], alone.params["model"])
    assert set(metrics.loss) == {"model", "other"}


def test_a_chunk_is_its_steps_one_after_the_other():
    step = make_step(VAE)
    keys = Keys(jax.random.key(2), jax.random.key(3))
    chunk = jax.jit(make_chunk(step, lambda resident, row: batch(6)._replace(inputs=resident[row])))
    resident = np.random.default_rng(5).random((9, 4, 4, 1), np.float32)
    rows = np.array([[0, 1, 2, 3, 4, 5], [8, 7, 6, 5, 4, 3], [1, 1, 2, 2, 3, 3]])
    scanned, metrics = chunk(start(), resident, rows, keys, HYPER)
    state = start()
    for row in rows:
        state, _ = STEP(state, batch(6)._replace(inputs=resident[row]), keys.train, HYPER)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8), scanned.params, state.params)
    assert metrics.count.shape == (3,)


def test_a_corruption_spoils_inputs_with_a_key_of_its_own():
    seen = []

    def spy(model, params, key, batch, *, step, hyper, extra):
        seen.append(batch)
        return ELBO(params, key, batch, step=step, hyper=hyper)

    def spoil(key, batch, hyper):
        return batch._replace(inputs=batch.inputs * hyper.noise)

    step = make_step(VAE._replace(objective=spy))
    chunk = make_chunk(step, lambda resident, row: batch(6), spoil)
    keys = Keys(jax.random.key(2), jax.random.key(3))
    _, metrics = jax.jit(chunk)(start(), (), jnp.arange(1), keys, HYPER._replace(noise=0.0))
    black = batch(6)._replace(inputs=0 * batch(6).inputs)
    elbo = jax.jit(lambda params: ELBO(params, jax.random.fold_in(keys.train, 0), black, step=0, hyper=HYPER))
    blind = elbo(start().params).value
    np.testing.assert_allclose(np.asarray(metrics.loss["model"])[0], np.sum(blind), rtol=1e-5)


def test_rows_of_no_weight_may_be_anything():
    """NaN in a row that only pads the batch reaches neither loss nor gradient."""
    whole = batch(8, np.float32(np.arange(8) < 6))
    spoiled = whole._replace(inputs=whole.inputs.copy(), targets=whole.targets.copy())
    spoiled.inputs[6:], spoiled.targets[6:] = np.nan, np.inf
    (clean, one), (same, other) = (STEP(start(), b, jax.random.key(2), HYPER) for b in (whole, spoiled))
    jax.tree.map(np.testing.assert_array_equal, clean.params, same.params)
    np.testing.assert_array_equal(one.loss["model"], other.loss["model"])


def test_skip_leaves_all_as_it_was_and_counts():
    step = jax.jit(make_step(VAE, skip=True))
    before = start()._replace(extra={"skipped": jnp.int32(0)})
    spoiled = batch(6)._replace(inputs=batch(6).inputs.copy())
    spoiled.inputs[2] = np.nan
    after, metrics = step(before, spoiled, jax.random.key(2), HYPER)
    jax.tree.map(np.testing.assert_array_equal, after.params, before.params)
    assert (int(after.step), int(after.extra["skipped"]), float(metrics.count)) == (1, 1, 0)
    moved, metrics = step(after, batch(6), jax.random.key(2), HYPER)
    assert (int(moved.step), int(moved.extra["skipped"]), float(metrics.count)) == (2, 1, 6)
    assert np.any(moved.params["model"]["decoder"]["Dense_0"]["bias"])


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam", "rmsprop", "lion"])
def test_skip_sees_a_gradient_that_is_not_finite_behind_a_finite_loss(name):
    """The square root at 0 has the value 0 and an infinite slope, of which Lion takes no more than the sign."""

    def root(model, params, key, batch, *, step, hyper, extra):
        return objectives.Loss(jnp.sqrt(params["model"]["x"]) * jnp.ones(len(batch.inputs)), {})

    assert_skipped(root, name)


@pytest.mark.parametrize("where", ["value", "term"])
def test_skip_sees_a_loss_that_is_not_finite_before_a_finite_gradient(where):
    def loss(model, params, key, batch, *, step, hyper, extra):
        value = params["model"]["x"] * jnp.ones(len(batch.inputs))
        return objectives.Loss(value + jnp.nan if where == "value" else value, {"term": value + jnp.inf})

    assert_skipped(loss, "sgd")


def assert_skipped(loss, name):
    """A step of that loss leaves parameters and optimizer alone, and is counted."""
    own = optimizer(name, schedule="constant", warmup=False, weight_decay=False, clip=False)
    experiment = Experiment(MODEL, loss, own)
    before = initial_state(experiment, {"model": {"x": jnp.zeros(())}}, HYPER, {"skipped": jnp.int32(0)})
    after, metrics = jax.jit(make_step(experiment, skip=True))(before, batch(3), KEY, HYPER)
    for part in ("params", "opt_state"):
        jax.tree.map(np.testing.assert_array_equal, getattr(after, part), getattr(before, part))
    assert (int(after.step), int(after.extra["skipped"]), float(metrics.count)) == (1, 1, 0)


def test_corruption_and_training_draw_with_keys_of_their_own_anew_at_every_step():
    def spoil(key, batch, hyper):
        return batch._replace(inputs=jax.random.uniform(key, batch.inputs.shape))

    def loss(model, params, key, batch, *, step, hyper, extra):
        ones = jnp.ones(len(batch.inputs))
        terms = {
            "corrupt": batch.inputs.sum() * ones,
            "train": jax.random.uniform(key, batch.inputs.shape).sum() * ones,
        }
        return objectives.Loss(params["model"]["x"] * ones, terms)

    experiment = Experiment(MODEL, loss, SGD)
    chunk = make_chunk(make_step(experiment), lambda resident, row: batch(2), spoil)
    state = initial_state(experiment, {"model": {"x": jnp.zeros(())}}, HYPER)
    keys = Keys(jax.random.key(2), jax.random.key(3))
    _, metrics = jax.jit(chunk)(state, (), jnp.arange(3), keys, HYPER)
    for name, key in (("train", keys.train), ("corrupt", keys.corrupt)):
        by_hand = [2 * jax.random.uniform(jax.random.fold_in(key, step), (2, 4, 4, 1)).sum() for step in range(3)]
        np.testing.assert_allclose(metrics.terms[name], by_hand, rtol=1e-6)


@pytest.mark.parametrize("index", [None, np.array([5, 0, 9, 2, 7, 4])])
def test_a_batch_in_parts_is_the_whole_batch(index):
    whole = batch(6, np.array([1, 1, 1, 0, 1, 1], "f4"))._replace(index=index)
    in_parts = jax.jit(make_step(VAE, parts=3))
    (one, few), (other, many) = (step(start(), whole, KEY, HYPER) for step in (STEP, in_parts))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7), one.params, other.params)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6), few, many)


def test_an_optimizer_remembers_from_step_to_step():
    """Adam down a slope that grows, against optax: from fresh moments all its steps would have one length."""

    def slope(model, params, key, batch, *, step, hyper, extra):
        return objectives.Loss(params["model"]["x"] * (step + 1.0) ** 2 * jnp.ones(len(batch.inputs)), {})

    adam = optimizer("adam", schedule="constant", warmup=False, weight_decay=False, clip=False)
    experiment = Experiment(MODEL, slope, adam)
    state = initial_state(experiment, {"model": {"x": jnp.zeros(())}}, HYPER)
    step = jax.jit(make_step(experiment))
    theirs = optax.adam(0.1)
    x, moments = jnp.zeros(()), theirs.init(jnp.zeros(()))
    for number in range(3):
        state, _ = step(state, batch(2), KEY, HYPER)
        change, moments = theirs.update(jnp.float32((number + 1.0) ** 2), moments)
        x = x + change
        np.testing.assert_allclose(state.params["model"]["x"], x, rtol=1e-5)


def counting(model, params, key, batch, *, step, hyper, extra):
    value = params["model"]["x"] * jnp.ones(len(batch.inputs))
    return objectives.Loss(value, {}, {"seen": batch.weights.sum()})


@pytest.mark.parametrize("parts", [1, 3])
def test_what_an_objective_sums_up_reaches_its_extra_once_a_step(parts):
    """Also with a batch in parts, in which one row only pads."""

    def advance(extra, sums, step, hyper):
        return {"seen": extra["seen"] + sums["seen"], "steps": extra["steps"] + step, "lr": sums["count"] * hyper.lr}

    own = {"seen": jnp.zeros(()), "steps": jnp.zeros(()), "lr": jnp.zeros(())}
    experiment = Experiment(MODEL, Objective(counting, lambda *_: own, advance), SGD)
    state = initial_state(experiment, {"model": {"x": jnp.zeros(())}}, HYPER, {"model": own})
    step = jax.jit(make_step(experiment, parts=parts))
    for _ in range(3):
        state, _ = step(state, batch(6, np.array([1, 1, 1, 0, 1, 1], "f4")), KEY, HYPER)
    found = {name: float(value) for name, value in state.extra["model"].items()}
    assert found == {"seen": 15, "steps": 3, "lr": 0.5}


def test_sums_that_nobody_takes_are_an_error():
    experiment = Experiment(MODEL, counting, SGD)
    state = initial_state(experiment, {"model": {"x": jnp.zeros(())}}, HYPER)
    with pytest.raises(ConfigError, match="'model' gives updates and has no `advance`"):
        make_step(experiment)(state, batch(2), KEY, HYPER)
