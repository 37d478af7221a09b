"""`--until` ends a run early, as if more were to come."""

import json

import pytest

from aelab.runner import launch
from experiments import vae

TINY = ["--data", "digits", "--widths", "12", "--latent-dim", "3", "--batch-size", "300", "--epochs", "3"]
TINY += ["--importance-samples", "2", "--schedule", "cosine", "--figures", "none"]


def run(folder, *flags):
    assert launch.main(vae.Config, vae.build, [*TINY, "--runs-dir", str(folder), *flags]) == 0
    (path,) = folder.glob("vae/*")
    return path


@pytest.mark.ci
@pytest.mark.bits
def test_a_run_stopped_behind_an_epoch_goes_on_to_the_same_end(tmp_path, capfd):
    path = run(tmp_path / "rungs", "--until", "1")
    assert "stopped after 1 epochs" in capfd.readouterr().out
    assert json.loads((path / "status.json").read_text())["state"] == "preempted"
    assert not (path / "summary.json").exists()
    assert len((path / "metrics.jsonl").read_text().splitlines()) == 2
    run(tmp_path / "rungs", "--until", "2")
    run(tmp_path / "rungs")
    straight = run(tmp_path / "straight")
    assert path.name == straight.name
    for name in ("metrics.jsonl", "summary.json", "digests.jsonl"):
        assert (path / name).read_text() == (straight / name).read_text()
