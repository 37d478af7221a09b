"""A run through all quick groups: what is kept, what is measured again, and what is said of runs that cannot be."""

import json
import shutil

import pytest
from tiny_run import edit

from aelab.cli import main
from aelab.measures import evaluate as evaluating
from aelab.measures.evaluate import evaluate
from aelab.measures.subject import Asked

ASKED = Asked(samples=2)


@pytest.fixture(scope="module")
def measured(finished, tmp_path_factory):
    """A copy of the tiny run that was measured."""
    path = shutil.copytree(finished, tmp_path_factory.mktemp("measured") / finished.name)
    return path, evaluate(path, ASKED)


def test_two_evaluations_give_equal_bytes(measured):
    path, _ = measured
    first = (path / "eval/metrics.json").read_bytes()
    shutil.rmtree(path / "eval")
    evaluate(path, ASKED)
    assert (path / "eval/metrics.json").read_bytes() == first


def test_every_number_says_what_it_is_of(measured):
    path, _ = measured
    stored = json.loads((path / "eval/metrics.json").read_text())
    numbers = [each for group in stored["groups"] for each in group["found"] if "value" in each]
    assert {"elbo", "l_2", "mse", "ssim"} <= {each["name"] for each in numbers}
    digest = json.loads((path / "summary.json").read_text())["params_sha256"]
    for each in numbers:
        assert each["checkpoint"] == digest
        assert each["meaning"]
        assert (each["n"] > 0, each["split"], each["seed"]) == (True, "test", 0)
    assert {each["name"]: each["k"] for each in numbers}["l_2"] == 2


def test_a_summary_has_the_errors_of_its_scores(measured):
    path, outcome = measured
    known = {each.name: each.error for part in outcome.parts for each in part.found if hasattr(each, "error")}
    errors = json.loads((path / "summary.json").read_text())["standard_errors"]
    assert {"test/elbo", "test/distortion", "test/rate", "test/mse", "test/bits_per_dim"} <= errors.keys()
    assert errors == pytest.approx({name: known[name.removeprefix("test/")] for name in errors}, rel=1e-6)
    assert f"± {errors['test/elbo']:.2g}" in (path / "report.html").read_text()


def test_what_was_measured_is_not_measured_again(measured, monkeypatch):
    path, _ = measured
    found = evaluate(path, ASKED)
    monkeypatch.setattr(evaluating, "menu", {n: g._replace(measure=None) for n, g in evaluating.menu.items()})
    assert repr([part.found for part in evaluate(path, ASKED).parts]) == repr([part.found for part in found.parts])
    with pytest.raises(TypeError):  # another k: its group is measured, which cannot be called here
        evaluate(path, Asked(samples=3))


def test_the_report_has_the_numbers(measured, capsys):
    path, _ = measured
    assert main(["eval", str(path), "--samples", "2"]) == 0
    assert "squared error" in capsys.readouterr().out
    page = (path / "report.html").read_text()
    assert "<h2>Evaluation</h2>" in page
    assert "structural similarity" in page


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        (lambda path: edit(path, "status.json", lambda s: s.update(state="running")), 2, "not finished"),
        (lambda path: (path / "config.json").unlink(), 2, "not a run folder"),
        (lambda path: edit(path, "summary.json", lambda s: s.update(params_sha256="0" * 64)), 5, "aelab verify"),
        (lambda path: shutil.rmtree(path / "checkpoints"), 5, "no checkpoint"),
        (lambda path: (path / "manifest.json").unlink(), 2, "manifest.json: missing"),
    ],
)
def test_runs_that_cannot_be_measured_end_in_a_line(copy, capsys, change, code, words):
    change(copy)
    assert main(["eval", str(copy)]) == code
    (said,) = capsys.readouterr().err.splitlines()
    assert words in said
    assert str(copy) in said


def test_a_damaged_record_ends_in_a_line(copy, capsys):
    (copy / "eval").mkdir()
    (copy / "eval/metrics.json").write_text('{"schema": 1, "checkpoint": 3}')
    assert main(["eval", str(copy)]) == 2
    assert "eval/metrics.json: groups is missing" in capsys.readouterr().err


def test_a_table_has_one_form(copy, capsys):
    assert main(["eval", str(copy), "--json", "--latex"]) == 2
    assert "--latex" in capsys.readouterr().err
