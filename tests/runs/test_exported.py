"""A model that was exported, read again."""

import json
import os
import shutil
import subprocess
import sys

import jax
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import aelab
from aelab.cli import main
from aelab.errors import CheckpointError, ConfigError
from aelab.export.export import export
from aelab.runs.below import runs_below

LOADED = """
import sys, json, hashlib, jax, numpy as np, aelab
model, params, config = aelab.load(sys.argv[1])
leaves = jax.tree_util.tree_leaves_with_path(params)
digests = {jax.tree_util.keystr(path): hashlib.sha256(np.asarray(leaf).tobytes()).hexdigest() for path, leaf in leaves}
print(json.dumps([digests, repr(config), repr(model.parts)]))
"""


@pytest.fixture(scope="module")
def exported(finished, tmp_path_factory):
    """The tiny run, exported; nobody changes it."""
    return export(finished, tmp_path_factory.mktemp("exported") / "model")


@pytest.fixture
def mine(exported, tmp_path):
    """A copy of it to change."""
    return shutil.copytree(exported, tmp_path / "mine")


def loaded_elsewhere(folder):
    """What a process of its own finds there."""
    done = subprocess.run([sys.executable, "-c", LOADED, str(folder)], capture_output=True, text=True, env=os.environ)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.ci
def test_another_process_finds_the_same_bits_without_the_run(finished, copy, tmp_path):
    folder = export(copy, tmp_path / "model")
    expected = loaded_elsewhere(finished)
    shutil.rmtree(copy)
    assert loaded_elsewhere(folder) == expected


def test_model_parameters_and_config_are_those_of_the_run(finished, exported):
    (model, params, config), (same, again, settings) = aelab.load(finished), aelab.load(exported)
    assert (model, config) == (same, settings)
    assert jax.tree.structure(params) == jax.tree.structure(again)
    for one, other in zip(jax.tree.leaves(params), jax.tree.leaves(again), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other, strict=True)


def test_the_library_of_safetensors_reads_every_parameter_by_its_path(finished, exported):
    params = aelab.load(finished)[1]["model"]
    stored = load_file(exported / "model.safetensors")
    np.testing.assert_array_equal(stored["encoder/Dense_0/kernel"], params["encoder"]["Dense_0"]["kernel"])
    assert len(stored) == len(jax.tree.leaves(params))


def test_a_number_that_changed_on_the_way_is_noticed(mine):
    stored = load_file(mine / "model.safetensors")
    name = min(stored)
    save_file(stored | {name: np.nextafter(stored[name], 9)}, mine / "model.safetensors")
    with pytest.raises(CheckpointError, match="its numbers are not those that were exported"):
        aelab.load(mine)


def test_parameters_that_are_not_those_of_the_config_are_named(mine):
    stored = load_file(mine / "model.safetensors")
    lacking = {name: stored[name] for name in stored if name != "encoder/Dense_0/bias"}
    save_file(lacking, mine / "model.safetensors")
    with pytest.raises(CheckpointError, match="encoder/Dense_0/bias is missing; export the run again"):
        aelab.load(mine)
    save_file(stored | {"other": stored["encoder/Dense_0/bias"]}, mine / "model.safetensors")
    with pytest.raises(CheckpointError, match="other is unknown to the model"):
        aelab.load(mine)
    save_file(stored | {"encoder/Dense_0/bias": np.zeros(2, "f4")}, mine / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"encoder/Dense_0/bias is float32 \(2,\)"):
        aelab.load(mine)


@pytest.mark.parametrize("content", [b"", b"junk" * 9, b"\xff" * 64])
def test_what_is_no_safetensors_is_one_line(mine, content):
    (mine / "model.safetensors").write_bytes(content)
    with pytest.raises(CheckpointError, match="cannot be read"):
        aelab.load(mine)


def test_a_damaged_description_of_the_data_is_one_line(mine):
    stored = json.loads((mine / "config.json").read_text())
    (mine / "config.json").write_text(json.dumps(stored | {"data": {"spec": 3}}))
    with pytest.raises(ConfigError, match=r"data.spec must be an object; export the run again"):
        aelab.load(mine)


def test_what_only_a_run_has_is_asked_of_the_run(exported):
    with pytest.raises(ConfigError, match="give the folder of its run"):
        aelab.restore(exported)
    with pytest.raises(ConfigError, match="--which best"):
        aelab.load(exported, "best")
    assert runs_below([exported.parent]) == []


@pytest.mark.parametrize("verb", ["eval", "verify", "reproduce", "report", "info", "compare", "export"])
def test_a_verb_that_needs_the_run_names_it_and_who_reads_the_folder(verb, exported, finished, capfd):
    before = sorted(exported.iterdir())
    assert main([verb, str(exported)]) == 2
    said = capfd.readouterr().err
    assert said.count("\n") == 1
    assert "a model that aelab export wrote, which aelab.load and aelab apply read" in said
    assert f"give the folder of its run, {finished.name}" in said
    assert sorted(exported.iterdir()) == before
