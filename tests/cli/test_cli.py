"""`aelab VERB RUN…`."""

import json

import pytest

from aelab import cli
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
    ],
)
def test_mistakes_are_one_line(argv, words, capfd):
    assert cli.main(argv) == 2
    error = capfd.readouterr().err.strip()
    assert "\n" not in error
    for word in words:
        assert word in error
