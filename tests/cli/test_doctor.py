"""`aelab doctor` says what is here, and what would help."""

import json
import os
from pathlib import Path

import jax
import pytest

from aelab import cli
from aelab.cli import this_machine, this_storage
from aelab.cli.finding import Finding, size


@pytest.fixture
def here(monkeypatch, tmp_path):
    """A folder, on a machine where no data are named."""
    monkeypatch.delenv("AELAB_DATA_DIR", raising=False)
    return tmp_path


def test_a_line_each_and_0_where_all_is_usable(here, capsys):
    assert cli.main(["doctor", "--runs-dir", str(here / "runs")]) == 0
    lines = capsys.readouterr().out.splitlines()
    names = ["python", "packages", "devices", "memory", "cores", "flags", "cache", "data", "tfds", "runs"]
    assert [line.split()[1] for line in lines] == names
    assert {line.split()[0] for line in lines} <= {"ok", "note"}
    assert f"jax {jax.__version__}" in lines[1]
    assert not (here / "runs").exists()


def test_json_says_what_is_wrong_and_the_code_is_that_of_a_run(here, capsys, monkeypatch):
    monkeypatch.setenv("AELAB_DATA_DIR", str(here / "none"))
    assert cli.main(["doctor", "--json", "--runs-dir", str(here)]) == 3
    said = json.loads(capsys.readouterr().out)
    assert not said["usable"]
    (wrong,) = [each for each in said["findings"] if each["state"] == "wrong"]
    assert wrong["name"] == "data"
    assert "no such folder" in wrong["said"]
    assert wrong["help"]


def test_a_missing_or_old_package_is_named_with_the_command_that_helps():
    there = dict.fromkeys(this_machine.SHOWN, "1.0")
    assert this_machine.held(there, {"jax": ">=0.9"}).state == "ok"
    lacking = this_machine.held({**there, "jax": "0.1", "tyro": None}, {"jax": ">=0.9", "tyro": ""})
    assert (lacking.state, lacking.code) == ("wrong", 2)
    assert lacking.line.endswith("jax, tyro missing or too old; pip install 'jax>=0.9' 'tyro'")


def test_a_card_that_jax_does_not_see_is_noted(monkeypatch, tmp_path):
    driver = tmp_path / "version"
    driver.touch()
    monkeypatch.setattr(this_machine, "NVIDIA", driver)
    first, _ = this_machine.devices()
    assert first.state == "note"
    assert "pip install 'jax[cuda" in first.help


def test_little_memory_and_odd_flags_are_noted():
    assert this_machine.room(2**31, 2**34) == Finding(
        "memory", "ok", "2.0 GiB free to compute with, 16.0 GiB in the machine"
    )
    assert this_machine.room(2**28, 2**34).state == "note"
    flags = this_machine.flags({"JAX_ENABLE_X64": "1", "HOME": "x"}, {"XLA_FLAGS": "--a"})
    assert (flags.state, flags.said) == ("note", "JAX_ENABLE_X64=1; aelab adds --a")
    assert this_machine.flags({"JAX_ENABLE_X64": "0"}, {}).state == "ok"
    assert this_machine.flags({}, {}).said == "none set"


def test_the_cache_is_measured(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "program").write_bytes(bytes(3 * 2**20))
    assert "3 MiB" in this_storage.cache(tmp_path, on=True).said
    assert this_storage.cache(tmp_path, on=False).state == "note"


def test_sets_are_found_by_their_files(monkeypatch, tmp_path):
    monkeypatch.setenv("AELAB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert this_storage.own_data().state == "note"
    (tmp_path / "mnist" / "3.0.1").mkdir(parents=True)
    (tmp_path / "mnist" / "3.0.1" / "dataset_info.json").touch()
    assert this_storage.own_data().said.endswith(": tfds:mnist")
    assert this_storage.prepared().said.endswith(": mnist")


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that nobody may write in")
def test_a_folder_that_cannot_be_written_is_wrong():
    found = this_storage.runs(Path("/proc/runs"))
    assert (found.state, found.code, found.help) == ("wrong", 8, "choose another --runs-dir")


def test_cores_are_those_of_this_process():
    assert this_machine.cores().said == f"{len(os.sched_getaffinity(0))} of {os.cpu_count()} for this process"


def test_sizes():
    assert [size(n) for n in (2**10, 5 * 2**20, 3 * 2**29)] == ["1 KiB", "5 MiB", "1.5 GiB"]
