"""A sweep as a job array: the scripts that are written, run by a Slurm that only says what it was asked for."""

import json
import os
import subprocess

import pytest

from aelab.runner import launch
from experiments import sweep

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
    assert "--slurm: each point is a job of its own" in capsys.readouterr().err
