"""The packages themselves, offline, where they are installed: a run is gone on with as the same tracked run."""

import struct
import zlib

import pytest

from aelab.trackers import About

pytestmark = pytest.mark.long


def png(path):
    """A picture of one white point."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head, point = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0), zlib.compress(b"\0\xff\xff\xff")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", point) + chunk(b"IEND", b""))
    return path


def twice(made, folder):
    """A run that is interrupted behind its first epoch, and its second half by another tracker of the same identity."""
    about = About("run-s0", "0123456789abcdef", folder, {"lr": 0.1, "widths": [4, 2]})
    first = made(about)
    first.row({"train/loss": 2.0}, 1)
    first.close()
    second = made(about)
    second.row({"train/loss": 1.0}, 2)
    second.end({"test/elbo": -1.0}, {"codes": png(folder / "codes.png")})
    second.close()


@pytest.mark.filterwarnings("ignore")
def test_mlflow_has_one_run_of_both_halves(tmp_path, monkeypatch):
    mlflow = pytest.importorskip("mlflow")
    from aelab.trackers.mlflow import MLflow

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri(f"file://{tmp_path / 'store'}")
    twice(MLflow, tmp_path)
    client = mlflow.tracking.MlflowClient()
    (run,) = client.search_runs([client.get_experiment_by_name("aelab").experiment_id])
    assert [(m.step, m.value) for m in client.get_metric_history(run.info.run_id, "train/loss")] == [(1, 2), (2, 1)]
    assert run.data.params == {"lr": "0.1", "widths": "[4, 2]"}
    assert run.data.metrics["test/elbo"] == -1
    assert [file.path for file in client.list_artifacts(run.info.run_id, "figures")] == ["figures/codes.png"]
    assert run.info.status == "FINISHED"


@pytest.mark.filterwarnings("ignore")
def test_wandb_writes_both_halves_of_one_run_offline(tmp_path, monkeypatch):
    pytest.importorskip("wandb")
    from aelab.trackers.wandb import Wandb

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    twice(Wandb, tmp_path)
    folders = [path for path in (tmp_path / "wandb").iterdir() if path.name.startswith("offline-run-")]
    assert {path.name.rpartition("-")[2] for path in folders} == {"0123456789abcdef"}


@pytest.mark.filterwarnings("ignore")
def test_trackio_goes_on_with_a_run(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    pytest.importorskip("trackio", exc_type=Exception)
    from aelab.trackers.trackio import Trackio

    twice(Trackio, tmp_path)
    assert any((tmp_path / "trackio").rglob("aelab*"))
