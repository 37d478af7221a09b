"""Runs of three events upwards, and of events of which some entries were never observed, to their report."""

import numpy as np
import pytest

from aelab import cli
from aelab.runner import launch
from aelab.runs.folder import Run
from experiments import vae

RNG = np.random.default_rng(0)


def trained(tmp_path, x, **settings):
    np.savez(tmp_path / "a.npz", **x)
    small = {"widths": (8,), "channels": (4,), "width": 4, "latent_dim": 2, "epochs": 2, "batch_size": 16}
    config = vae.Config(data=f"npz:{tmp_path / 'a.npz'}", runs_dir=tmp_path / "runs", **{**small, **settings})
    return launch.train("experiments.vae", config, vae.build)


@pytest.mark.parametrize("held_out", [pytest.param(1, marks=pytest.mark.ci), pytest.param(2, marks=pytest.mark.long)])
def test_one_or_two_held_out_events_are_scored_and_drawn(tmp_path, held_out):
    x = {"x_train": RNG.random((4, 8, 8)), "x_test": RNG.random((held_out, 8, 8))}
    labels = {"y_train": np.arange(4) % 2, "y_test": np.zeros(held_out, int)}
    run = trained(tmp_path, x | labels, latent_dim=3)
    assert run.read("status.json")["state"] == "done"
    assert all(np.isfinite(list(run.read("summary.json")["scores"].values())))
    assert (run.path / "report.html").exists()
    assert (run.path / "figures" / "interpolations.png").exists() == (held_out > 1)
    task = ["apply", str(run.path), "--task", "interpolate", "--input", "test", "--output", str(tmp_path / "i.npy")]
    assert cli.main(task) == (0 if held_out > 1 else 3)


@pytest.mark.ci
def test_three_events_are_enough(tmp_path):
    assert trained(tmp_path, {"x": RNG.random((3, 8, 8))}).finished


EVENTS = {
    "mlp": lambda: RNG.normal(size=(40, 5)),
    "conv": lambda: RNG.random((40, 8, 8)),
    "lstm": lambda: np.cumsum(RNG.normal(size=(40, 12, 2)), 1),
}


MISSING = [pytest.param(net, marks=pytest.mark.ci if net == "mlp" else pytest.mark.long) for net in EVENTS]


@pytest.mark.parametrize("net", MISSING)
def test_scores_look_at_what_was_observed_and_apply_agrees(tmp_path, net):
    x = EVENTS[net]()
    x[RNG.random(x.shape) < 0.15] = np.nan
    if net == "lstm":
        x[np.arange(12) >= 8 + np.arange(40)[:, None] % 4] = np.nan  # and some series end early
    run = trained(tmp_path, {"x": x}, missing="mask", net=net)
    scores = run.read("summary.json")["scores"]
    assert all(np.isfinite(list(scores.values())))
    task = ["apply", str(run.path), "--task", "score", "--input", "test", "--output", str(tmp_path / "s.npz")]
    assert cli.main(task) == 0
    with np.load(tmp_path / "s.npz") as found:
        np.testing.assert_allclose(found["squared_error"].mean(), scores["test/squared_error"], rtol=1e-5)
        np.testing.assert_allclose(found["rate"].mean(), scores["test/rate"], rtol=1e-5)


def test_an_error_that_nobody_foresaw_is_recorded(tmp_path, monkeypatch):
    from aelab.runner import finish

    def fails(*args, **kwargs):
        raise RuntimeError("a bug")

    monkeypatch.setattr(finish, "draw", fails)
    with pytest.raises(RuntimeError, match="a bug"):
        trained(tmp_path, {"x": RNG.random((5, 4, 4))}, epochs=1)
    (path,) = (tmp_path / "runs" / "vae").iterdir()
    assert Run(path).read("status.json") == {"state": "failed", "step": 1, "reason": "RuntimeError: a bug"}
