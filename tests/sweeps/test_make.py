"""`make sweep-…`: grid points are file targets."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def make(folder, *words):
    command = ["make", "-o", "install", f"PY={sys.executable}", f"RUNS_DIR={folder}", "DATA=digits", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def test_dry_it_prints_the_command_of_each_point_and_writes_nothing(tmp_path):
    done = make(tmp_path, "-n", "sweep-beta", "BETA=0.5 1 4", "SEEDS=0 1 2", "EACH=widths=[16] epochs=1")
    commands = [line for line in done.stdout.splitlines() if "-m experiments.vae --data digits" in line]
    assert len(commands) == 9
    assert len({line.split("touch ")[1] for line in commands}) == 9
    assert not list(tmp_path.iterdir())


@pytest.mark.long
def test_its_points_run_in_parallel_and_end_where_the_sweep_puts_them(tmp_path):
    words = ("sweep-latent", "LATENT=2 3", "SEEDS=0", "EACH=widths=[16] epochs=1 importance_samples=2")
    done = make(tmp_path, "-j2", *words)
    assert done.returncode == 0, done.stderr
    made = json.loads((tmp_path / "sweeps" / "latent" / "sweep.json").read_text())
    assert [point["state"] for point in made["points"]] == ["done", "done"]
    again = make(tmp_path, *words)
    assert "-m experiments.vae" not in again.stdout  # the markers stand
    assert "2 points, 2 of them done" in again.stderr


def test_a_value_that_does_not_fit_ends_it_before_anything_runs(tmp_path):
    done = make(tmp_path, "sweep-lr", "LR=1e-3 x")
    assert "error: lr: needs a number, got 'x'" in done.stderr
    assert done.returncode
    assert not list(tmp_path.iterdir())
