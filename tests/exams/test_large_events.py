"""Long series and large pictures train on a small machine: within its memory, and an hour for 1,000 examples."""

import json
import subprocess
import sys

import numpy as np
import pytest

from aelab.data import series

GIB, HOUR = 2**30, 3600


def train(data, net, folder, *flags):
    """One epoch in a process of its own: seconds for 1,000 examples, and bytes at most."""
    command = ["-m", "experiments.autoencoder", "--data", data, "--net", net, "--epochs", "1", "--validation", "0"]
    subprocess.run([sys.executable, *command, "--runs-dir", folder, *flags], check=True)
    (timings,) = folder.glob("autoencoder/*/timings.jsonl")
    row = json.loads(timings.read_text().splitlines()[0])
    return 1000 / row["examples_per_second"], row["peak_memory_bytes"]


def held(name, seconds, peak):
    print(f"{name}: {seconds:.0f} s for 1,000 examples, peak memory {peak / GIB:.2f} GiB")
    assert seconds < HOUR
    assert peak < 24 * GIB


@pytest.mark.long
@pytest.mark.parametrize("net", ["lstm", "transformer"])
def test_series_of_1344_steps(net, tmp_path, data_dir):
    """Heartbeats of ECG5000, ten to a series and cut off at two weeks of quarter hours."""
    beats = np.stack(series.read(data_dir / "ecg5000/ECG5000_TEST.txt.gz").events)[..., 0]
    order = np.random.default_rng(0).permuted(np.tile(np.arange(len(beats)), 3))[:10_000]
    lines = [",".join(f"{value:.4f}" for value in row) + ":0" for row in beats[order].reshape(1000, -1)[:, :1344]]
    (tmp_path / "beats_TRAIN.ts").write_text("\n".join(["@data", *lines]))
    (tmp_path / "beats_TEST.ts").write_text("\n".join(["@data", *lines[:10]]))
    flags = ("--batch-size", "32", "--latent-dim", "64")
    held(f"{net}, 1,344 steps", *train(f"ts:{tmp_path / 'beats_TRAIN.ts'}", net, tmp_path / "runs", *flags))


@pytest.mark.long
@pytest.mark.parametrize("net", ["conv", "lstm", "transformer"])
def test_pictures_of_105_by_105(net, tmp_path, data_dir):
    held(f"{net}, 105 × 105", *train("omniglot_small", net, tmp_path / "runs", "--batch-size", "32"))
