"""What `jax.export` has written gives what the model gives, in any batch, without aelab."""

import json
import os
import subprocess
import sys

import jax
import numpy as np
import pytest
from exported_models import EVERY, SPECS, arguments, expected, functions_of
from jax import export

from aelab.errors import ConfigError
from aelab.export.export import export as export_run
from aelab.export.functions import Function, Input
from aelab.export.stablehlo import serialised
from experiments import vq

TOLERANCE = {"rtol": 1e-5, "atol": 1e-6}
ALONE = """
import sys, jax, numpy as np
from jax import export
folder, name = sys.argv[1:]
given = np.load(f"{folder}/{name}.npz")
with open(f"{folder}/{name}.jax_export", "rb") as file:
    found = export.deserialize(bytearray(file.read())).call(*given.values())
np.savez(f"{folder}/{name}-found.npz", *jax.tree.leaves(found))
assert "aelab" not in sys.modules
"""


def holds(function: Function, *batches: int) -> None:
    """The exported form agrees with the model for batches of these sizes."""
    stored = export.deserialize(bytearray(serialised(function)))
    for rows in batches:
        given = arguments(function, rows)
        found = jax.tree.leaves(stored.call(*given.values()))
        for one, other in zip(found, expected(function, given), strict=True):
            np.testing.assert_allclose(one, other, **TOLERANCE)


@pytest.mark.parametrize("name", ["encode", "decode", "sample"])
def test_one_program_serves_every_size_of_the_batch(name):
    holds(functions_of("mlp", "image")[name], 1, 3)


@pytest.mark.ci
@pytest.mark.parametrize("name", ["encode", "decode", "sample"])
@pytest.mark.parametrize(("net", "kind"), EVERY)
def test_every_net_gives_the_same_as_the_model_on_images_and_series(net, kind, name):
    holds(functions_of(net, kind)[name], 3)


@pytest.mark.ci
@pytest.mark.parametrize(
    "settings",
    [
        {"posterior": "layered", "prior": "layered", "upper_dims": (2,)},
        {"posterior": "vmf", "prior": "uniform"},
        {"posterior": "iaf"},
        {"prior": "vamp"},
        {"prior": "flow"},
        {"likelihood": "discretised_logistic", "spec": SPECS["image"]._replace(levels=17)},
        {"spec": SPECS["image"]._replace(classes=("a", "b"), condition="label", side=(2,))},
        {"script": vq, "net": "conv", "latent_grid": True},
    ],
    ids=["layers", "sphere", "flow", "pseudo-inputs", "prior flow", "levels", "label", "quantised"],
)
def test_codes_priors_likelihoods_and_conditions_have_such_a_form(settings):
    net = settings.get("net", "mlp")
    for function in functions_of(net, "image", **{n: v for n, v in settings.items() if n != "net"}).values():
        holds(function, 2)


def test_a_row_draws_by_its_number_alone():
    sample = functions_of("mlp", "image")["sample"]
    stored, key = export.deserialize(bytearray(serialised(sample))), np.array([0, 7], np.uint32)
    many = stored.call(key, np.arange(5, dtype=np.int32))
    np.testing.assert_allclose(stored.call(key, np.array([3], np.int32))[0], many[3], **TOLERANCE)
    assert np.abs(many[3] - many[4]).max() > 1e-3


def test_it_runs_on_three_platforms():
    encode = functions_of("conv", "image")["encode"]
    assert export.deserialize(bytearray(serialised(encode))).platforms == ("cpu", "cuda", "tpu")


def test_series_take_a_mask_and_images_do_not():
    assert list(functions_of("mlp", "series")["encode"].inputs) == ["x", "mask"]
    assert list(functions_of("mlp", "image")["encode"].inputs) == ["x"]


def test_what_needs_the_size_of_its_batch_is_named():
    needy = Function("encode", lambda x: x.reshape(len(x), -1), {"x": Input((2, 2), np.float32, "")}, "")
    with pytest.raises(ConfigError, match="--formats stablehlo: encode of this model has no such form"):
        serialised(needy)


@pytest.mark.ci
def test_a_process_with_jax_alone_decodes_and_samples_as_the_run(finished, tmp_path):
    import aelab

    folder = export_run(finished, tmp_path / "model", formats=["stablehlo"])
    model, params, _ = aelab.load(finished)
    z, key = np.random.default_rng(0).normal(size=(4, 3)).astype("f4"), jax.random.key(5)
    numbers = np.arange(4, dtype="i4")
    np.savez(folder / "decode.npz", z)
    np.savez(folder / "sample.npz", jax.random.key_data(key), numbers)
    wanted = {"decode": model.decode(params, z).mean, "sample": model.generate(params, key, numbers)}
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    for name, own in wanted.items():
        command = [sys.executable, "-c", ALONE, str(folder), name]
        done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        with np.load(folder / f"{name}-found.npz") as found:
            np.testing.assert_allclose(found["arr_0"], own, **TOLERANCE)
    assert "decode.jax_export" in (folder / "README.md").read_text()
    assert json.loads((folder / "config.json").read_text())["schema"] == 1
