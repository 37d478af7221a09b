"""`aelab VERB RUN…`."""

import json
import subprocess
import sys
from typing import get_args

import pytest

from aelab import cli
from aelab.apply import apply
from aelab.cli.apply import Task
from aelab.cli.main import DATA, RUNS
from aelab.runner import launch
from experiments import vae


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    assert launch.main(vae.Config, vae.build, ["--smoke", "--runs-dir", str(folder)]) == 0
    return folder


def test_info_lists_runs_with_state_and_score(runs, capfd):
    assert cli.main(["info", str(runs)]) == 0
    said = capfd.readouterr().out
    assert "digits-mlp-z2" in said
    assert "done" in said
    assert "test/elbo" in said
    assert cli.main(["info", "--json", str(runs)]) == 0
    (row,) = map(json.loads, capfd.readouterr().out.splitlines())
    assert (row["state"], row["step"]) == ("done", 2)


def test_one_run_has_a_page_too_in_a_folder_that_is_new(runs, tmp_path, capfd):
    assert cli.main(["compare", str(runs), "--output", str(tmp_path / "new" / "page")]) == 0
    (path,) = runs.glob("*/*")
    assert path.name in (tmp_path / "new" / "page" / "report.html").read_text()


def test_a_folder_without_runs_is_called_so(tmp_path, capfd):
    assert cli.main(["info", str(tmp_path)]) == 0
    assert f"{tmp_path}: no run in it; train one" in capfd.readouterr().err


def test_report_draws_the_same_again(runs, capfd):
    (path,) = runs.glob("*/*")
    before = {file: file.read_bytes() for file in path.rglob("*.png")}
    page = (path / "report.html").read_bytes()
    for file in [*before, path / "report.html"]:
        file.unlink()
    assert cli.main(["report", str(path)]) == 0
    assert {file: file.read_bytes() for file in path.rglob("*.png")} == before
    assert len((path / "report.html").read_bytes()) == len(page)


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["inof"], ["inof", "nearest: info"]),
        (["info", "nowhere"], ["nowhere"]),
        (["report", "."], ["not a run folder"]),
        ([], ["VERB"]),
        (["--json"], ["VERB"]),
        (["report"], ["required: RUN; see aelab report --help"]),
        (["apply"], ["required: RUN, --task, --output"]),
        (["apply", "a", "--output", "b", "--task", "scor"], ["--task scor", "nearest: score"]),
        (["apply", "a", "--output", "b", "--task", "sample", "--count", "0"], ["--count", "at least 1"]),
        (["reproduce", "a", "--steps", "0"], ["--steps", "at least 1"]),
        (["reproduce", "a", "b"], ["b: not a flag"]),
        (["verify", "a", "--jsn"], ["--jsn", "nearest: --json"]),
    ],
)
def test_mistakes_are_one_line(argv, words, capfd):
    assert cli.main(argv) == 2
    error = capfd.readouterr().err.strip()
    assert "\n" not in error
    for word in words:
        assert word in error


@pytest.mark.parametrize("words", [[], ["data"], *([verb] for verb in RUNS), *(["data", verb] for verb in DATA.verbs)])
def test_every_verb_has_help(words, capfd):
    with pytest.raises(SystemExit) as stop:
        cli.main([*words, "--help"])
    assert stop.value.code == 0
    assert " ".join(["usage: aelab", *words]) in capfd.readouterr().out


def test_apply_offers_the_tasks_there_are():
    assert get_args(Task) == apply.TASKS


def test_the_command_line_is_read_without_the_libraries_that_take_long_to_import():
    long = {"jax", "flax", "matplotlib", "scipy", "sklearn", "orbax", "urllib.request", "yaml"}
    code = f"import sys; import aelab.cli; sys.exit(', '.join({long} & sys.modules.keys()) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_who_reads_may_stop_reading():
    """As `aelab completion bash | head -1` does: no traceback."""
    command = [sys.executable, "-m", "aelab", "completion", "fish"]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert started.stdout
    assert started.stderr
    assert started.stdout.readline().startswith("# aelab completion")
    started.stdout.close()
    assert started.stderr.read() == ""
    started.stderr.close()
    assert started.wait() == 141
