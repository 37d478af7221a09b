"""Missing entries on several devices: each device has another number of them, and the losses are those of one."""

import json

import numpy as np
import pytest

from aelab.runner import launch
from experiments import autoencoder


def losses(folder, mode, *devices):
    """The losses of every row of a run, which has missing entries in one half of each batch alone."""
    flags = ["--data", "npz:holed.npz", "--missing", "mask", "--batch-size", "10", "--epochs", "2", "--widths", "6"]
    flags += ["--latent-dim", "2", "--parallel", mode, *devices, "--runs-dir", str(folder / mode)]
    assert launch.main(autoencoder.Config, autoencoder.build, flags) == 0
    (run,) = (folder / mode).glob("*/*")
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    scores = json.loads((run / "summary.json").read_text())["scores"]
    return np.array([row["loss"] for row in rows]), scores["test/distortion"]


@pytest.mark.long
def test_losses_of_missing_entries_are_those_of_one_device(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(3, 2, (40, 5))
    x[:20][rng.random((20, 5)) < 0.7] = np.nan
    x[:, 0] = np.nan_to_num(x[:, 0], nan=3.0)  # every event holds a value
    np.savez("holed.npz", x=x)
    wanted, score = losses(tmp_path, "single")
    assert len(wanted) > 2
    for mode in ("pmap", "shard_map", "jit"):
        found, other = losses(tmp_path, mode, "--devices", "2")
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
        assert other == pytest.approx(score, rel=1e-5)
