"""What comes back is what was saved, or nothing."""

import contextlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab.batch import Hyper
from aelab.data.source import Spec
from aelab.devices import programs
from aelab.devices.layout import Layout
from aelab.errors import CheckpointError
from aelab.experiment.optimizers import optimizer
from aelab.runs.checkpoints import Checkpoints
from aelab.runs.digests import digest, leaf_digests
from aelab.runs.restored import require_digests, sealed
from aelab.training.state import State, initial_state
from experiments import vae


def state_at(step: int) -> State:
    params = {
        "model": {"encoder": {"kernel": jax.random.normal(jax.random.key(step), (40, 30))}, "sigma": jnp.float32(2)}
    }
    adam = optimizer("adam", schedule="cosine", warmup=True, weight_decay=True, clip=True)
    experiment = vae.build(vae.Config(), Spec((4, 4, 1), "uint8", "unit"))._replace(optimizer=adam)
    return initial_state(experiment, params, Hyper())._replace(step=jnp.int32(step))


@pytest.fixture
def saved(tmp_path):
    warnings = []
    checkpoints = Checkpoints(tmp_path / "checkpoints", keep=3, warn=warnings.append)
    for step in (0, 10, 20, 30):
        checkpoints.save(state_at(step), {"sums": {"loss": 0.1 * step}})
    checkpoints.wait()
    yield checkpoints, warnings, tmp_path
    checkpoints.close()


def largest_file(folder):
    return max((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)


def test_a_state_comes_back_bit_for_bit_with_its_record(saved):
    checkpoints, warnings, _ = saved
    assert checkpoints.steps() == [10, 20, 30]
    restored = checkpoints.restore(state_at(0))
    assert (restored.step, restored.record, warnings) == (30, {"sums": {"loss": 0.1 * 30}}, [])
    assert digest(restored.state) == digest(state_at(30))
    assert jax.tree.structure(restored.state) == jax.tree.structure(state_at(30))


@pytest.mark.parametrize("damage", ["flip", "truncate", "delete", "zero"])
def test_damage_is_put_aside_and_an_older_step_comes_back(saved, damage):
    checkpoints, warnings, folder = saved
    file = largest_file(folder / "checkpoints" / "30" / "state")
    data = bytearray(file.read_bytes())
    if damage == "delete":
        file.unlink()
    else:
        middle = len(data) // 2
        data[middle] ^= 1
        file.write_bytes({"flip": data, "truncate": data[:middle], "zero": bytes(len(data))}[damage])
    restored = checkpoints.restore(state_at(0))
    assert restored.step == 20
    assert digest(restored.state) == digest(state_at(20))
    assert len(warnings) == 1
    assert "30" in warnings[0]
    assert (folder / "damaged" / "30").is_dir()
    checkpoints.save(state_at(30), {})  # the way is free again
    checkpoints.wait()
    assert checkpoints.steps()[-1] == 30


def test_wrong_values_that_orbax_accepts_are_noticed(saved):
    checkpoints, warnings, folder = saved
    lie = Checkpoints(folder / "other")
    lie.save(state_at(10)._replace(step=jnp.int32(30)), {})
    lie.close()
    record, forged = folder / "checkpoints" / "30" / "state", folder / "other" / "30" / "state"
    record.rename(folder / "true")
    forged.rename(record)
    assert checkpoints.restore(state_at(0)).step == 20
    assert "sha256" in warnings[0]


def test_no_good_step_is_an_error_and_no_step_is_none(saved, tmp_path):
    checkpoints, _, folder = saved
    for step in checkpoints.steps():
        largest_file(folder / "checkpoints" / str(step) / "state").write_bytes(b"")
    with pytest.raises(CheckpointError, match="none of the steps"):
        checkpoints.restore(state_at(0))
    empty = Checkpoints(tmp_path / "empty")
    assert empty.restore(state_at(0)) is None
    empty.close()


def test_parts_that_devices_hold_come_back_whole_or_as_other_parts(tmp_path):
    four, two = (Layout(programs.mesh_of(jax.devices()[:count])) for count in (4, 2))
    state = state_at(7)
    state.params["model"]["decoder"] = jax.random.normal(jax.random.key(1), (64, 72))
    template = jax.eval_shape(lambda: state)
    parts = jax.tree.map(lambda leaf: jax.device_put(leaf, four.sharding(leaf)), state)
    with contextlib.closing(Checkpoints(tmp_path / "checkpoints")) as checkpoints:
        checkpoints.write(parts, sealed(leaf_digests(parts, four.fetched), {"sums": {}}))
        checkpoints.wait()
        whole = checkpoints.restore(template)
        again, record = checkpoints.fetch(7, two.shapes(template))
    assert digest(whole.state) == digest(state)
    assert {type(leaf) for leaf in jax.tree.leaves(whole.state)} <= {np.ndarray, np.int32, np.float32}
    assert [part.data.shape for part in again.params["model"]["decoder"].addressable_shards] == 2 * [(64, 36)]
    require_digests(leaf_digests(again, two.fetched), record)
    with pytest.raises(ValueError, match=r"\.step does not match"):
        require_digests(leaf_digests(again._replace(step=np.int32(8)), two.fetched), record)


def test_a_digest_sees_path_dtype_shape_and_every_byte():
    tree = {"a": np.arange(6, dtype=np.float32)}
    changed = tree["a"].copy()
    changed[3] = np.nextafter(changed[3], 9)
    for other in ({"b": tree["a"]}, {"a": tree["a"].reshape(2, 3)}, {"a": tree["a"].view(np.int32)}, {"a": changed}):
        assert digest(other) != digest(tree)
    assert list(leaf_digests(tree)) == ["['a']"]
