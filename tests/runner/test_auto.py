"""`--epochs auto`: a run ends when it no longer improves, and keeps its best parameters."""

import json

import jax
import numpy as np
import pytest

from aelab.audit.verify import verify
from aelab.config import automatic
from aelab.runner import launch, population
from aelab.runs.folder import Run
from aelab.runs.load import load
from experiments import vae

NAME = "experiments.vae"
TINY = ["--widths", "12", "--latent-dim", "3", "--importance-samples", "2", "--figures", "none", "--lr", "0.03"]
SAME = ("config.json", "metrics.jsonl", "digests.jsonl", "summary.json")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Runs of a few steps, by the same rules."""
    for name, value in {"LEAST": 8, "MOST": 200, "OFTEN": 4, "SAVING": 12, "WAIT": 3}.items():
        monkeypatch.setattr(automatic, name, value)


@pytest.fixture
def mine(tmp_path) -> str:
    x = np.random.default_rng(0).normal(size=(50, 4))
    np.savez(tmp_path / "mine.npz", x=x)
    return f"npz:{tmp_path / 'mine.npz'}"


def run(folder, data, *flags):
    assert launch.main(vae.Config, vae.build, ["--data", data, *TINY, "--runs-dir", str(folder), *flags]) == 0
    (path,) = folder.glob("vae/*")
    return path


def kernels(path, which):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(load(path, which)[1])]


@pytest.mark.ci
@pytest.mark.parametrize("more", [(), ("--ema", "0.9"), ("--optimizer", "schedule_free")])
def test_a_run_ends_when_it_no_longer_improves_and_keeps_its_best(tmp_path, mine, capfd, more):
    path = run(tmp_path / "runs", mine, *more)
    summary = json.loads((path / "summary.json").read_text())
    assert summary["best"]["step"] < summary["step"] < 200
    for last, best in zip(kernels(path, "last"), kernels(path, "best"), strict=True):
        np.testing.assert_allclose(last, best, rtol=1e-5, atol=1e-7)
    said = capfd.readouterr().err
    assert "--batch-size auto: 8 of 40 events" in said
    assert "--epochs auto: 8 to 200 steps (5 an epoch); validated every 5" in said
    assert f"stopped at step {summary['step']}; the parameters are those of step {summary['best']['step']}" in said
    made = json.loads((path / "manifest.json").read_text())["chosen"]
    assert made["batch_size"] == 8
    assert (made["epochs"]["least"], made["epochs"]["evaluate"], made["likelihood"]) == (8, 5, "Normal")
    assert verify(path).damage == []
    assert not any("overfitting" in line for line in summary["trouble"])


@pytest.mark.ci
@pytest.mark.bits
def test_a_run_that_was_stopped_ends_as_one_that_was_not(tmp_path, mine):
    straight = run(tmp_path / "straight", mine)
    for epochs in ("1", "3"):
        run(tmp_path / "stopped", mine, "--until", epochs)
    stopped = run(tmp_path / "stopped", mine)
    for name in SAME:
        assert (straight / name).read_text() == (stopped / name).read_text(), name


@pytest.mark.ci
@pytest.mark.bits
def test_members_of_a_population_end_each_at_its_own_step_with_the_bits_that_they_have_alone(tmp_path, mine):
    flags = ["--data", mine, *TINY, "--runs-dir", str(tmp_path / "together")]
    configs = [launch.flags.parse(vae.Config, [*flags, "--seed", str(seed)], prog="vae") for seed in (0, 1)]
    assert population.train(NAME, configs, vae.build) == [None, None]
    ends = [Run(launch.run_of(NAME, config).path).read("summary.json")["step"] for config in configs]
    for config, seed in zip(configs, (0, 1), strict=True):
        alone = run(tmp_path / f"alone{seed}", mine, "--seed", str(seed))
        for name in SAME:
            assert (alone / name).read_text() == (launch.run_of(NAME, config).path / name).read_text(), name
    assert all(8 <= end < 200 for end in ends)


@pytest.mark.ci
def test_a_run_that_still_improves_at_the_most_steps_says_so(tmp_path, mine, monkeypatch):
    monkeypatch.setattr(automatic, "MOST", 30)
    path = run(tmp_path / "runs", mine, "--lr", "0.001")
    summary = json.loads((path / "summary.json").read_text())
    assert summary["step"] == 30
    assert any("more epochs would help: --epochs 12" in line for line in summary["advice"])
