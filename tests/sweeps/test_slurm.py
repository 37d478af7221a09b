"""A sweep as a job array: the scripts that are written, run by a Slurm that only says what it was asked for."""

import json
import os
import subprocess
import sys

import pytest

from aelab.runner import launch
from aelab.sweeps import parse
from experiments import sweep, vae

SBATCH = '#!/bin/bash\necho "$@" >> "$ASKED"\necho "41;cluster"\n'
SRUN = '#!/bin/bash\nprintf "%s\\n" "$@"\nexit $CODE\n'
SCONTROL = '#!/bin/bash\necho scontrol "$@" >> "$ASKED"\n'


def run(folder, *flags):
    words = ["vae", "data=digits beta=0.5,4 seed=0", "--runs-dir", str(folder / "my runs"), "--name", "mine", *flags]
    return launch.command(sweep.Config, sweep.run, words)


@pytest.fixture
def written(tmp_path, capsys):
    """The folder of a sweep whose scripts are written."""
    assert run(tmp_path, "--slurm") == 0
    folder = tmp_path / "my runs" / "sweeps" / "mine"
    assert capsys.readouterr().out == f"written; submit it with: bash {folder / 'submit.sh'}\n"
    return folder


def said(folder, script, *words, code=0, task=0):
    """How a script ends, and what it asks of Slurm."""
    for name, text in (("sbatch", SBATCH), ("srun", SRUN), ("scontrol", SCONTROL)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    own = {"PATH": f"{folder}:{os.environ['PATH']}", "ASKED": str(folder / "asked"), "CODE": str(code)}
    own |= {"SLURM_ARRAY_TASK_ID": str(task), "SLURM_JOB_ID": "7"}
    ended = subprocess.run(["bash", folder / script, *words], env=own, capture_output=True, text=True)
    asked = folder / "asked"
    return ended, asked.read_text().splitlines() if asked.exists() else []


def test_all_points_are_submitted_and_the_table_behind_them(written):
    ended, asked = said(written, "submit.sh", "--partition", "big")
    assert (ended.returncode, ended.stdout) == (0, "job 41\n"), ended.stderr
    assert asked == [
        f"--parsable --partition big {written / 'array.sh'}",
        f"--parsable --dependency=afterany:41 {written / 'table.sh'}",
    ]
    assert "#SBATCH --array=0-1\n" in (written / "array.sh").read_text()


def test_a_task_runs_its_point_and_is_put_back_where_it_was_stopped(written):
    points = json.loads((written / "sweep.json").read_text())["points"]
    for task, code in ((1, 0), (0, 75)):
        ended, asked = said(written, "array.sh", task=task, code=code)
        assert ended.returncode == code, ended.stderr
        words = (written / f"{points[task]['name']}.log").read_text().splitlines()
        assert words[1:3] == ["-m", "experiments.vae"]
        assert words[words.index("--beta") + 1] == ["0.5", "4.0"][task]
        assert words[words.index("--runs-dir") + 1] == str(written.parents[1])  # whose name has a space
    assert asked == ["scontrol requeue 7"]


def test_the_table_says_how_points_stand_and_trains_none(written, tmp_path, capsys):
    points = json.loads((written / "sweep.json").read_text())["points"]
    (written / f"{points[0]['name']}.log").write_text("error: no such data\n")
    stopped = tmp_path / "my runs" / points[1]["run"]
    stopped.mkdir(parents=True)
    (stopped / "status.json").write_text('{"state": "preempted", "step": 3, "reason": "stopped at step 3"}')
    assert run(tmp_path, "--table") == 9
    assert "no such data" in capsys.readouterr().err
    found = json.loads((written / "sweep.json").read_text())["points"]
    assert [(point["state"], point["reason"]) for point in found] == [
        ("failed", "no such data"),
        ("preempted", "stopped at step 3"),
    ]
    assert "--table" in (written / "table.sh").read_text()


def test_a_search_that_decides_as_it_goes_is_no_array(tmp_path, capsys):
    assert run(tmp_path, "--slurm", "--search", "halving") == 2
    assert "--slurm: halving decides as it goes" in capsys.readouterr().err


def test_points_that_train_together_are_one_task(tmp_path):
    """Six points of two recipes, at most two a program: two programs for each recipe, one of them of one point."""
    spec = "data=digits widths=[16],[8] (beta,seed)=(0.5,0),(4,0),(4,1)"
    words = ["vae", spec, "--runs-dir", str(tmp_path), "--name", "mine", "--slurm", "--population", "2"]
    assert launch.command(sweep.Config, sweep.run, words) == 0
    folder = tmp_path / "sweeps" / "mine"
    assert "#SBATCH --array=0-3\n" in (folder / "array.sh").read_text()
    ended, _ = said(folder, "array.sh", task=2)
    assert ended.returncode == 0, ended.stderr
    names = [point["name"] for point in json.loads((folder / "sweep.json").read_text())["points"]]
    first, second, third = (folder / f"{name}.log" for name in names[3:])
    assert second.samefile(first)
    words = first.read_text().splitlines()
    assert words[words.index("--population") + 1] == "2"
    made = list(parse(vae.Config, words[words.index("vae") + 1]))
    assert [(point["widths"], point["beta"], point["seed"]) for point in made] == [((8,), 0.5, 0), ((8,), 4.0, 0)]
    alone, _ = said(folder, "array.sh", task=3)
    assert alone.returncode == 0
    assert "experiments.vae" in third.read_text()


@pytest.mark.long
def test_a_task_trains_the_points_of_its_program(tmp_path, monkeypatch, capsys):
    words = ["vae", "beta=0.5,4 seed=0", "--smoke", "--runs-dir", str(tmp_path), "--name", "mine"]
    assert launch.command(sweep.Config, sweep.run, [*words, "--slurm", "--population", "8"]) == 0
    folder = tmp_path / "sweeps" / "mine"
    monkeypatch.setitem(globals(), "SRUN", f'#!/bin/bash\nexport PYTHONPATH={":".join(sys.path)}\nexec "$@"\n')
    ended, _ = said(folder, "array.sh")
    assert ended.returncode == 0, next(folder.glob("*.log")).read_text()
    assert launch.command(sweep.Config, sweep.run, [*words, "--table"]) == 0
    assert {point["state"] for point in json.loads((folder / "sweep.json").read_text())["points"]} == {"done"}
