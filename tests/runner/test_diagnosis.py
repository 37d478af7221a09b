"""NaN in data, gradients and parameters: noticed in time, written down, and left out or gone back from as asked."""

import json

import numpy as np
import pytest

from aelab import data
from aelab.data.arrays import ArraySource
from aelab.runner import launch
from aelab.training.metrics import add_chunk
from aelab.training.step import Metrics
from experiments import vae

TINY = ["--data", "digits", "--widths", "12", "--latent-dim", "3", "--batch-size", "100", "--epochs", "2"]
TINY += ["--importance-samples", "0", "--figures", "none"]
SICK = 700  # the example that is spoiled


@pytest.fixture
def spoiled(monkeypatch):
    """The digits with one pixel of one training example that is no number."""
    load = data.load

    def with_nan(config):
        splits = load(config)
        spec = splits.spec._replace(dtype="float32")
        stored = splits.train.get_batch(np.arange(len(splits.train)))
        x = stored["x"].astype(np.float32)
        x[SICK, 3, 3] = np.nan
        return splits._replace(train=ArraySource(x, stored["label"], spec), spec=spec)

    monkeypatch.setattr(data, "load", with_nan)


def run(folder, *flags):
    code = launch.main(vae.Config, vae.build, [*TINY, "--runs-dir", str(folder), *flags])
    (path,) = folder.glob("*/*")
    return code, path, [json.loads(line) for line in (path / "nonfinite.jsonl").read_text().splitlines()]


@pytest.mark.parametrize("chunk", ["0", "1"])
def test_the_step_and_the_example_are_named(spoiled, tmp_path, capfd, chunk):
    code, path, (row,) = run(tmp_path, "--chunk", chunk)
    assert code == 4
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.startswith(f"error: loss is not finite at step {row['step']};")
    assert row["bad_inputs"] == row["bad_loss"] == [SICK]
    assert SICK in row["examples"]
    assert len(row["examples"]) == 100
    assert row["bad_parameters"] == {}
    assert row["bad_gradient"]  # what it would have done to the parameters
    assert row["statistics"]["inputs"]["not_finite"] == 1
    assert 0 < row["statistics"]["loss"]["mean"] < 100
    assert json.loads((path / "status.json").read_text())["state"] == "failed"


def test_skip_leaves_the_step_out_and_counts_it(spoiled, tmp_path):
    code, path, rows = run(tmp_path, "--on-nonfinite", "skip")
    assert code == 0
    assert len(rows) == 2  # once an epoch
    for row in rows:
        assert SICK in row["examples"]
        assert row["bad_inputs"] == [SICK]
        assert row["statistics"]["inputs"]["not_finite"] == 1
        assert 0 < row["statistics"]["inputs"]["mean"] < row["statistics"]["inputs"]["max"] <= 1
        assert row["sums"]["loss"] is None
    summary = json.loads((path / "summary.json").read_text())
    assert any("2 steps were not finite" in line for line in summary["trouble"])
    metrics = [json.loads(line) for line in (path / "metrics.jsonl").read_text().splitlines()]
    assert all(np.isfinite(row["loss"]) for row in metrics)


def test_a_skipped_step_says_which_of_its_sums_was_not_finite():
    """The others stand as they came; none of them reaches the sums of the epoch."""
    count, rate, distortion = (np.array(x, np.float32) for x in ([4, 0, 4], [2, 3, 5], [1, np.inf, 7]))
    metrics = Metrics(count, {"model": rate + distortion}, {"rate": rate, "distortion": distortion})
    seen = []
    sums = add_chunk({}, 10, metrics, lambda step, sums: seen.append((step, sums)))
    assert seen == [(11, {"loss": np.inf, "rate": 3.0, "distortion": np.inf})]
    assert sums == {"count": 8.0, "loss": 15.0, "rate": 7.0, "distortion": 8.0}


@pytest.mark.long
def test_skip_without_trouble_is_as_without_skip(tmp_path):
    """Up to rounding: another program."""
    scores = []
    for mode in ("stop", "skip"):
        folder = tmp_path / mode
        assert launch.main(vae.Config, vae.build, [*TINY, "--runs-dir", str(folder), "--on-nonfinite", mode]) == 0
        (path,) = folder.glob("*/*")
        scores.append(json.loads((path / "summary.json").read_text())["scores"]["test/elbo"])
    np.testing.assert_allclose(*scores, rtol=1e-4)


@pytest.mark.ci
def test_rollback_goes_on_once_with_the_data_behind_it(spoiled, tmp_path, capfd):
    """The example comes again in the second epoch: that is the end."""
    code, path, (first, second) = run(tmp_path, "--on-nonfinite", "rollback")
    assert code == 4
    said = capfd.readouterr().err
    assert f"the parameters of step 0 go on with the data of step {first['step'] + 1}" in said
    assert second["step"] > first["step"]
    assert second["bad_inputs"] == [SICK]
    assert [p.name for p in (path / "checkpoints").iterdir()].count(str(first["step"] + 1)) == 1


@pytest.mark.ci
def test_rollback_once_is_enough_for_one_bad_moment(spoiled, tmp_path):
    code, path, rows = run(tmp_path, "--on-nonfinite", "rollback", "--epochs", "1")
    assert (code, len(rows)) == (0, 1)
    assert json.loads((path / "summary.json").read_text())["step"] == 15
