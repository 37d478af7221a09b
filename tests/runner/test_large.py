"""What a model too large for the memory is trained with: parts of a batch, blocks computed again, bfloat16."""

import dataclasses
from functools import cache, partial

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest

from aelab import corruptions
from aelab.batch import Batch, Hyper
from aelab.config import RECORDS
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.devices import programs
from aelab.errors import ConfigError
from aelab.experiment.optimizers import optimizer
from aelab.runner import launch
from aelab.training.feed import choose_feed
from aelab.training.state import initial_state
from aelab.training.step import Keys, make_chunk, make_step
from experiments import autoencoder, cvae, vae

NETS = tuple(RECORDS)
# What takes long to compile has a tier of its own: the middle one, and of the Transformer the last.
LONG = pytest.param("transformer", marks=pytest.mark.long)
CONV, LSTM = (pytest.param(net, marks=pytest.mark.ci) for net in ("conv", "lstm"))
RARE = pytest.param("lstm", marks=pytest.mark.long)
SPEC = Spec((8, 8, 1), "uint8", "unit", 255.0, 256)
SMALL = {"widths": (24,), "channels": (4, 8), "width": 16, "depth": 2, "latent_dim": 3}
SGD = optimizer("sgd", schedule="constant", warmup=False, weight_decay=False, clip=False)
HYPER = Hyper(lr=1.0, noise=0.2)
NAME = "experiments.vae"


def program(config, mode="single", devices=1, rows=24, skip=False):
    """A compiled step of plain descent on noisy inputs, and its arguments: an epoch's last batch, half padding."""
    x = np.random.default_rng(0).integers(0, 256, (rows + rows // 2, *SPEC.shape), np.uint8)
    mode, chosen = programs.choose_devices(mode, devices)
    feed = choose_feed(ArraySource(x, None, SPEC), batch_size=rows, seed=0, devices=len(chosen))
    made = vae.build(config, SPEC)._replace(optimizer=SGD)

    def chunk_for(axis_name):
        step = make_step(made, axis_name=axis_name, skip=skip, parts=config.accumulate)
        return make_chunk(step, feed.batch, lambda key, batch, hyper: corruptions.gaussian(key, batch, hyper.noise))

    ready = programs.compile_chunk(mode, chosen, chunk_for)
    params = jax.jit(made.model.init)(jax.random.key(1), jnp.zeros((1, *SPEC.shape)))
    start = initial_state(made, params, HYPER, {"skipped": jnp.int32(0)} if skip else {})
    start = jax.device_get(start._replace(step=jnp.int32(feed.steps_per_epoch - 1)))
    keys, hyper = Keys(jax.random.key(2), jax.random.key(3)), jax.tree.map(jnp.float32, HYPER)
    state, resident, *numbers = ready.place((start, feed.resident, keys, hyper))
    return ready.run, (state, resident, ready.spread(feed.chunk(int(start.step), 1)), *numbers), start.params


@cache
def gradient(config, *settings, **more):
    """What a step of descent takes off, and its metrics; made once for all tests that ask for it."""
    run, args, before = program(config, *settings, **more)
    state, metrics = run(*args)
    return jax.tree.map(lambda a, b: b - np.asarray(a), state.params, before), jax.device_get(metrics)


def temporary(config, **settings) -> int:
    """Bytes of a compiled step beside its arguments and results."""
    run, args, _ = program(config, **settings)
    return run.lower(*args).compile().memory_analysis().temp_size_in_bytes


def assert_close(mine, theirs, share):
    """Equal to a share of each leaf's largest entry."""
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=share * np.abs(b).max()), mine, theirs)


@pytest.mark.parametrize("net", ["mlp", CONV, RARE, LONG])
def test_parts_of_a_batch_give_the_update_of_the_whole(net):
    config = vae.Config(net=net, **SMALL)
    whole, said = gradient(config)
    parts, told = gradient(dataclasses.replace(config, accumulate=4))
    assert_close(parts, whole, 1e-5)
    np.testing.assert_array_equal(told.count, said.count)
    assert int(said.count[0]) == 12  # the other half pads
    np.testing.assert_allclose(told.loss["model"], said.loss["model"], rtol=1e-6)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5), told.terms, said.terms)


@pytest.mark.parametrize("mode", ["shard_map", *(pytest.param(m, marks=pytest.mark.ci) for m in ("jit", "pmap"))])
def test_parts_meet_devices(mode):
    config = vae.Config(**SMALL)
    whole, _ = gradient(config)
    parts, _ = gradient(dataclasses.replace(config, accumulate=3), mode, 4)
    assert_close(parts, whole, 1e-5)


def test_parts_over_devices_move_no_rows_between_them():
    run, args, _ = program(vae.Config(accumulate=3, **SMALL), "jit", 4)
    text = run.lower(*args).compile().as_text()
    assert "all-to-all" not in text
    assert "collective-permute" not in text


@pytest.mark.parametrize("net", [CONV, LONG])
def test_parts_of_a_batch_need_less_memory(net):
    config = vae.Config(net=net, **SMALL)
    whole, parts = (temporary(dataclasses.replace(config, accumulate=n), rows=240) for n in (1, 8))
    assert parts < whole / 3


def test_a_step_in_parts_that_is_not_finite_is_left_out_whole():
    config = vae.Config(accumulate=4, **SMALL)
    run, (state, *args), before = program(config, skip=True)
    wild = args[-1]._replace(beta=jnp.float32(np.nan))
    after, metrics = run(state, *args[:-1], wild)
    jax.tree.map(np.testing.assert_array_equal, after.params, before)
    assert int(metrics.count[0]) == 0


def test_parts_that_do_not_divide_a_batch_say_which_would():
    config = vae.Config(data="digits", batch_size=10, accumulate=4)
    with pytest.raises(ConfigError, match=r"--accumulate: 4 does not divide the 10 rows; these do: 1 2 5 10$"):
        launch.prepare(config, vae.build)
    over = dataclasses.replace(config, batch_size=16, accumulate=8, devices=4)
    with pytest.raises(ConfigError, match=r"the 4 rows on each of 4 devices; these do: 1 2 4$"):
        launch.prepare(over, vae.build)


@pytest.mark.parametrize("net", ["mlp", CONV, pytest.param("lstm", marks=pytest.mark.long), LONG])
def test_computing_again_changes_no_more_than_rounding(net):
    config = vae.Config(net=net, **SMALL)
    kept, said = gradient(config)
    again, told = gradient(dataclasses.replace(config, remat=True))
    assert_close(again, kept, 1e-5)
    np.testing.assert_allclose(told.loss["model"], said.loss["model"], rtol=1e-6)


@pytest.mark.parametrize("net", ["mlp", "conv", LSTM, pytest.param("transformer", marks=pytest.mark.ci)])
def test_an_accelerator_is_given_the_products_of_a_forward_pass_twice(net):
    def products(remat: bool) -> int:
        made = vae.build(vae.Config(net=net, remat=remat, **SMALL), SPEC)

        def loss(params, x):
            return made.objective(made.model, params, jax.random.key(0), Batch(x, x), step=0, hyper=HYPER).value.sum()

        x = jax.ShapeDtypeStruct((4, *SPEC.shape), jnp.float32)
        params = jax.eval_shape(made.model.init, jax.random.key(1), x)
        text = jax.export.export(jax.jit(jax.grad(loss)), platforms=["cuda"])(params, x).mlir_module()
        assert ("optimization_barrier" in text) >= remat
        return text.count("stablehlo.dot_general") + text.count("stablehlo.convolution")

    assert products(True) > products(False)


@pytest.mark.parametrize("net", ["mlp", CONV, LSTM, LONG])
def test_half_the_bits_give_nearly_the_gradient(net):
    """A bfloat16 has 8 bits: each operation may be off by 2⁻⁹ of its result, a gradient by some of those."""
    config = vae.Config(net=net, **SMALL)
    exact, said = gradient(config)
    rough, told = gradient(dataclasses.replace(config, precision="bf16"))
    assert {leaf.dtype for leaf in jax.tree.leaves(rough)} == {np.dtype("float32")}
    np.testing.assert_allclose(told.loss["model"], said.loss["model"], rtol=2**-8)
    flat, true = (np.concatenate([leaf.ravel() for leaf in jax.tree.leaves(tree)]) for tree in (rough, exact))
    assert 0 < np.linalg.norm(flat - true) < 2**-5 * np.linalg.norm(true)


@pytest.mark.parametrize("net", NETS)
def test_all_products_of_a_net_are_of_the_precision(net):
    config = vae.Config(net=net, precision="bf16", positions="sinusoidal", **SMALL)
    model = vae.build(config, SPEC).model
    x = jnp.zeros((2, *SPEC.shape))
    params = jax.eval_shape(model.init, jax.random.key(0), x)
    z = jnp.zeros((2, 3))
    for part, given in (("encoder", x), ("decoder", z)):
        text = jax.jit(partial(model.apply, part)).lower(params, given).as_text()
        products = [line for line in text.splitlines() if "dot_general" in line or "convolution" in line]
        assert products
        assert all("bf16" in line and "xf32" not in line for line in products), products


@pytest.mark.parametrize("script", [vae, autoencoder, cvae])
def test_every_script_hands_them_on(script):
    model = script.build(script.Config(precision="bf16", remat=True), SPEC).model
    assert (model.precision, model.remat) == ("bf16", True)


@pytest.mark.long
def test_a_run_with_all_of_them_repeats_itself_when_it_is_stopped_and_goes_on(tmp_path):
    config = vae.Config(
        **{"data": "digits", "net": "transformer", "width": 8, "heads": 2, "patch": 4, "latent_dim": 2},
        **{
            "batch_size": 300,
            "epochs": 2,
            "importance_samples": 0,
            "precision": "bf16",
            "accumulate": 3,
            "remat": True,
        },
    )
    straight, parted = (dataclasses.replace(config, runs_dir=tmp_path / name) for name in ("straight", "parted"))
    launch.train(NAME, straight, vae.build)
    launch.train(NAME, parted, vae.build, until=4)
    launch.train(NAME, parted, vae.build)
    one, other = (launch.run_of(NAME, each) for each in (straight, parted))
    for name in ("summary.json", "metrics.jsonl", "digests.jsonl"):
        assert (one.path / name).read_text() == (other.path / name).read_text()
    made = one.read("manifest.json")
    assert made["config"]["precision"] == "bf16"
    assert {name: made["sessions"][0]["how"][name] for name in ("accumulate", "remat")} == {
        "accumulate": 3,
        "remat": True,
    }


def test_who_asks_for_none_has_the_name_and_the_config_of_before():
    from aelab.config import run_name, stored

    plain = vae.Config()
    how = dataclasses.replace(plain, accumulate=2, remat=True)
    assert not {"precision", "accumulate", "remat"} & set(stored(plain))
    assert run_name(NAME, how) == run_name(NAME, plain)
    assert run_name(NAME, dataclasses.replace(plain, precision="bf16")) != run_name(NAME, plain)
