"""Parameters that are split over devices: the same training, and runs that go on with another number of devices."""

import contextlib
import dataclasses

import jax
import numpy as np
import pytest
from everywhere import assert_close, train, trainer_of
from tiny_run import edit

from aelab import cli
from aelab.batch import Batch
from aelab.config import Config as Settings
from aelab.devices import programs
from aelab.devices.layout import Layout, model_axis, split_axis
from aelab.errors import ConfigError
from aelab.evaluation.scores import of_each
from aelab.runner import launch
from aelab.runner.parameter_parts import check
from aelab.runs.checkpoints import Checkpoints
from aelab.runs.digests import digest
from experiments import vae

SETTINGS = {"data": "digits", "latent_dim": 3, "batch_size": 60, "optimizer": "sgd", "lr": 0.01}
MLP = vae.Config(**SETTINGS, widths=(72,), shard_parameters=True)
WAYS = ((True, ("jit", 4)), (False, ()))  # whether parameters are split, and how the trainer runs
NETS = {
    "mlp": {"widths": (72,), "clip": 1.0, "accumulate": 2},
    "conv": {"channels": (16, 32)},
    "lstm": {"width": 48},
    "transformer": {"width": 48, "heads": 2, "patch": 4, "remat": True},
}


def test_the_largest_axis_that_devices_divide_is_split():
    assert split_axis((64, 512), 4) == 1
    assert split_axis((512, 65), 4) == 0
    assert split_axis((63, 65), 4) is None  # which do not divide it
    assert split_axis((8, 8), 4) is None  # a small one
    assert split_axis((64, 512), 1) is None


def test_a_layer_is_divided_along_the_larger_side_of_its_kernel():
    assert model_axis((64, 512), 4) == 1
    assert model_axis((512, 64), 4) == 0  # so what a wide layer gives is nowhere whole
    assert model_axis((128, 128), 4) == 1  # of equal sides, that of the outputs
    assert model_axis((3, 3, 64, 64), 4) is None
    assert split_axis((512, 64), 2, taken=0) == 1
    mesh = programs.mesh_of(jax.devices(), 2)
    kernel, bias = (Layout(mesh).spec(np.zeros(shape)) for shape in ((64, 512), (4096,)))
    assert (tuple(kernel), tuple(bias)) == (("device", "model"), ("device",))


def temporaries(devices: int, model: int) -> int:
    """Bytes of each device beside the arguments of a step on a wide layer."""
    config = dataclasses.replace(MLP, widths=(4096,), batch_size=512 * devices // model, model_parallel=model)
    trainer = trainer_of(config, vae.build, "jit", devices)
    program, (state, resident, _, *rest) = trainer.recipe.program, trainer.shapes()
    args = (trainer.layout.shapes(state), program.place(resident), trainer.read(0, 1), *map(program.place, rest))
    return program.run.lower(*args).compile().memory_analysis().temp_size_in_bytes


def test_what_a_wide_layer_gives_is_divided_too():
    """With as many rows for each device."""
    assert temporaries(8, 4) < temporaries(2, 1) / 2


@pytest.mark.ci
def test_devices_that_divide_layers_train_as_one_alone():
    config = dataclasses.replace(MLP, clip=1.0, accumulate=2)
    divided = dataclasses.replace(config, model_parallel=2)
    assert_close(
        train(divided, vae.build, "jit", 4), train(dataclasses.replace(config, shard_parameters=False), vae.build)
    )


@pytest.fixture(scope="module")
def state():
    """After one step on four devices."""
    trainer = trainer_of(MLP, vae.build, "jit", 4)
    return trainer.advance(trainer.fresh(), trainer.read(0, 1))[0]


def test_each_device_keeps_a_part_and_trains_as_one_alone(state):
    """Gradients of all rows, added up once: plain descent would show a factor."""
    large = [leaf for leaf in jax.tree.leaves(state) if leaf.shape == (64, 72)]
    assert len(large) == 1  # plain descent keeps nothing besides
    assert [shard.data.shape for shard in large[0].addressable_shards] == 4 * [(64, 72 // 4)]
    alone = trainer_of(dataclasses.replace(MLP, shard_parameters=False), vae.build)
    expected, _ = alone.advance(alone.fresh(), alone.read(0, 1))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=0, atol=1e-6), state, expected)


@pytest.mark.parametrize("devices", [1, 2])
def test_it_is_restored_on_other_devices(state, devices, tmp_path):
    """A checkpoint holds whole arrays, and so do its digests."""
    program = trainer_of(MLP, vae.build, "jit", devices).recipe.program
    with contextlib.closing(Checkpoints(tmp_path / "checkpoints")) as checkpoints:
        checkpoints.save(state, {})
        checkpoints.wait()
        restored = program.place_state(checkpoints.restore(jax.device_get(state)).state)
    assert digest(restored) == digest(jax.device_get(state))
    large = [leaf for leaf in jax.tree.leaves(restored) if leaf.shape == (64, 72)]
    assert [shard.data.shape for shard in large[0].addressable_shards] == devices * [(64, 72 // devices)]


def test_devices_make_their_parts_of_the_state_of_one_device():
    split, whole = (
        trainer_of(dataclasses.replace(MLP, shard_parameters=on), vae.build, *way).fresh() for on, way in WAYS
    )
    assert digest(split) == digest(whole)
    assert {leaf.sharding.num_devices for leaf in jax.tree.leaves(split)} == {4}


def test_split_parameters_are_validated_as_on_one_device(state):
    trainer, alone = (trainer_of(dataclasses.replace(MLP, shard_parameters=on), vae.build, *way) for on, way in WAYS)
    found, expected = trainer.validate(state), alone.validate(jax.device_get(state))
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-5)


def test_no_device_needs_all_parameters_to_score():
    """By the compiler's own account of the program."""
    trainer = trainer_of(dataclasses.replace(MLP, widths=(4096,)), vae.build, "jit", 8)
    params = trainer.layout.shapes(trainer.template().params)
    x = jax.ShapeDtypeStruct((8, 8, 8, 1), np.float32)
    program = of_each.jitted.lower(trainer.scored.model, params, jax.random.key(0), Batch(x, x)).compile()
    need, whole = program.memory_analysis(), sum(4 * leaf.size for leaf in jax.tree.leaves(params))
    assert need.argument_size_in_bytes + need.temp_size_in_bytes < whole / 4


TINY = ["--data", "digits", "--widths", "72", "--latent-dim", "2", "--batch-size", "300", "--importance-samples", "2"]


@pytest.mark.ci
def test_a_run_with_split_parameters_is_verified_on_one_device(tmp_path):
    """Its scores are close to those that are computed again; one that is not is named."""
    argv = [*TINY, "--epochs", "1", "--figures", "later", "--devices", "4", "--shard-parameters"]
    assert launch.main(vae.Config, vae.build, [*argv, "--runs-dir", str(tmp_path)]) == 0
    (run,) = (path.parent for path in tmp_path.rglob("config.json"))
    assert list((run / "figures").glob("reconstructions*"))
    assert cli.main(["verify", str(run)]) == 0
    edit(run, "summary.json", lambda made: made["scores"].update({"test/mse": 1.001 * made["scores"]["test/mse"]}))
    assert cli.main(["verify", str(run)]) == 5


@pytest.mark.long
@pytest.mark.parametrize(("devices", "model"), [(2, 1), (8, 1), (4, 2)])
@pytest.mark.parametrize("net", NETS)
def test_every_net_trains_as_on_one_device(net, devices, model):
    config = vae.Config(**SETTINGS, net=net, **NETS[net], corruption="gaussian", noise=0.1)
    split = dataclasses.replace(config, shard_parameters=True, model_parallel=model)
    assert_close(train(split, vae.build, "jit", devices), train(config, vae.build))


@pytest.mark.long
@pytest.mark.parametrize("objective", ["beta_tc", "dip_2"])
def test_a_loss_across_the_batch_trains_as_on_one_device(objective):
    config = dataclasses.replace(MLP, objective=objective, beta=2.0, shard_parameters=False)
    split = train(dataclasses.replace(config, shard_parameters=True), vae.build, "jit", 4)
    assert_close(split, train(config, vae.build))


@pytest.mark.parametrize(
    ("fields", "players", "said"),
    [
        ({"virtual_shards": 8}, 1, "does not go with --virtual-shards"),
        ({"parallel": "pmap"}, 1, "does not go with --parallel pmap"),
        ({}, 2, "works for one player, and this objective has 2"),
        ({"model_parallel": 3}, 1, "3 does not divide the 4 devices of a process; these do: 1 2 4"),
    ],
)
def test_what_does_not_go_with_it_is_refused(fields, players, said):
    with pytest.raises(ConfigError, match=said):
        check(Settings(**fields, shard_parameters=True), players, 4)
    if "model_parallel" in fields:
        with pytest.raises(ConfigError, match="add --shard-parameters"):
            check(Settings(**fields), players, 4)
        return
    check(Settings(**fields), players)
