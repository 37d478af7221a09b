"""The runs behind a task's table: their commands make the runs that were asked for, and side by side changes no row."""

import dataclasses
import json

import pytest

from aelab import data
from aelab.config import flags
from aelab.errors import SweepError
from aelab.runner import launch
from experiments import autoencoder, classify, cvae, denoise, detect, occlusion, quadrants, reduce
from experiments.common import class_errors
from experiments.common.jobs import Job, finished, plan_jobs, said_of_a_run

DIGITS = data.load("digits")
FOLDER = quadrants.Config().runs_dir / "one's own folder"


def jobs_of_all_tasks():
    """One job of each kind that the task scripts make, with all their odd values."""
    yield detect.job(detect.Config(), "conv", 1, (0, 2), series=True)
    yield occlusion.job(occlusion.Config(net="transformer"), DIGITS.spec, "halves", 0)
    yield reduce.job(reduce.Config(), DIGITS, 8, 3)
    for kind in classify.KINDS:
        yield classify.job(classify.Config(), kind, 0, DIGITS.spec)
    yield class_errors.job(classify.Config(), 3, 40, 5, 1)
    yield quadrants.deterministic(quadrants.Config(), 2, 0.5)
    yield quadrants.conditional(quadrants.Config(), 2, 0.25, str(FOLDER))
    config = denoise.Config()
    for net, noise in zip(
        denoise.nets(config, "gaussian", images=True).values(),
        denoise.noises(config, "gaussian").values(),
        strict=False,
    ):
        yield Job("noise", autoencoder, config.run_config(autoencoder.Config, **net, **noise, corruption="gaussian"))


@pytest.mark.parametrize("job", list(jobs_of_all_tasks()), ids=lambda job: job.label)
def test_the_command_of_a_job_says_its_config(job):
    (point,) = plan_jobs("experiments.some", job.config.runs_dir, [job]).points
    module, *words = point.command[1:]
    said = flags.parse(type(job.config), words, prog=module)
    assert module == job.script.__name__
    assert dataclasses.replace(said, deterministic=False) == job.config


def test_jobs_of_one_run_are_one_point(tmp_path):
    job = reduce.job(reduce.Config(), DIGITS, 8, 3)
    other = Job("a conditional VAE", cvae, quadrants.Config().run_config(cvae.Config))
    names = [point.name for point in plan_jobs("experiments.some", tmp_path, [job, other, job]).points]
    assert [name.rpartition("-")[0].rpartition("-")[0] for name in names] == ["code-of-8-seed-3", "a-conditional-VAE"]


SMALL = ["--data", "digits", "--codes", "2", "3", "--widths", "16", "--epochs", "2"]


def table(folder):
    (path,) = folder.glob("reduce/*/table.json")
    return json.loads(path.read_text())


@pytest.mark.long
def test_side_by_side_gives_the_table_of_one_after_the_other(tmp_path, capfd):
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, workers in ((one, "1"), (two, "2")):
        words = [*SMALL, "--runs-dir", str(folder), "--workers", workers]
        assert launch.command(reduce.Config, reduce.run, words) == 0
    a, b = table(one), table(two)
    assert a["config"] == b["config"]
    assert [row["run"] for row in a["rows"]] == [row["run"] for row in b["rows"]]
    for alone, beside in zip(a["rows"], b["rows"], strict=True):
        assert beside["squared_error"] == pytest.approx(alone["squared_error"], rel=1e-3)  # sums of other orders
    manifests = [json.loads(path.read_text()) for path in two.glob("autoencoder/*/manifest.json")]
    assert len(manifests) == 2
    assert all(manifest["sessions"][0]["how"]["deterministic"] for manifest in manifests)
    capfd.readouterr()
    assert launch.command(reduce.Config, reduce.run, [*SMALL, "--runs-dir", str(two), "--workers", "2"]) == 0
    assert "2 points, 2 of them done" in capfd.readouterr().err


def test_a_failed_run_ends_the_table_in_one_line(tmp_path):
    task = reduce.Config(data="digits", runs_dir=tmp_path, workers=2)
    job = reduce.job(task, DIGITS, 8, 3)
    job = job._replace(config=dataclasses.replace(job.config, accumulate=7))
    with pytest.raises(SweepError, match=r"1 of 1 points failed; .*--accumulate: 7 does not divide the 128 rows"):
        finished("experiments.reduce", task, [job])


def test_a_line_about_a_flag_that_the_table_lacks_says_whose_it_is():
    config = detect.Config()
    one = detect.job(config, "mlp", 3, (0,), series=False)
    assert said_of_a_run(config, one, "--batch-size 0: too few") == "--batch-size 0: too few"
    assert said_of_a_run(config, one, "a.npz: damaged") == "a.npz: damaged"
    said = said_of_a_run(config, one, "--patience: x")
    assert said == "mlp, seed 3, a run of experiments.autoencoder: --patience: x"
