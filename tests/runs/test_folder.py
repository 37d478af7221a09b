"""A run folder is whole or absent, belongs to one config, and is written by one process at a time."""

import json
import os
import subprocess
import sys

import pytest

from aelab.errors import ConfigError, LockedError, StorageError
from aelab.runs.atomic import write_atomically
from aelab.runs.folder import Run


def test_a_folder_belongs_to_one_config(tmp_path):
    run = Run(tmp_path / "a")
    with run.locked():
        run.adopt("experiments.vae", {"lr": 0.1})
        run.adopt("experiments.vae", {"lr": 0.1})
        with pytest.raises(ConfigError, match=r"lr: 0\.1 there, 0\.2 here"):
            run.adopt("experiments.vae", {"lr": 0.2})
    run.write("config.json", {"schema": 99})
    with pytest.raises(ConfigError, match="schema 99"):
        run.adopt("experiments.vae", {"lr": 0.1})


def test_a_second_process_is_refused_and_a_dead_one_is_not_waited_for(tmp_path):
    code = "\n".join(
        [
            "import sys; from pathlib import Path; from aelab.runs.folder import Run",
            "with Run(Path(sys.argv[1])).locked(): print('held', flush=True); sys.stdin.read()",
        ]
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LockedError, match=f"process {holder.pid} on "), Run(tmp_path).locked():
            pass
        holder.kill()
    with Run(tmp_path).locked():
        assert str(os.getpid()) in (tmp_path / "lock").read_text()


def test_metrics_are_cut_back_to_a_step(tmp_path):
    run = Run(tmp_path)
    for step in (1, 2, 3):
        run.append("metrics.jsonl", {"step": step, "split": "train", "loss": 0.5 * step})
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 4, "los')  # a kill in the middle of a line
    assert [row["step"] for row in run.rows()] == [1, 2, 3]
    assert [row["step"] for row in run.truncate(2)] == [1, 2]
    assert [json.loads(line)["loss"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [0.5, 1.0]


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="--runs-dir"), Run(tmp_path / "file" / "run").locked():
        pass


def test_a_failed_write_leaves_the_old_file(tmp_path):
    run = Run(tmp_path)
    run.write("status.json", {"state": "running"})
    with pytest.raises(StorageError):
        write_atomically(tmp_path / "missing" / "status.json", b"{}")
    with pytest.raises(TypeError):
        run.write("status.json", {"state": object()})
    assert run.read("status.json") == {"state": "running"}


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ConfigError, match=r"config\.json"):
        Run(tmp_path).read("config.json")
