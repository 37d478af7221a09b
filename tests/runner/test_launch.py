"""From the command line to a run folder: repeat, stop, resume, refuse. Runs are as a user makes them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from aelab import cli
from aelab.data import npy_shards
from aelab.runner import launch
from experiments import autoencoder, vae

TINY = ["--data", "digits", "--widths", "12", "--latent-dim", "3", "--batch-size", "100", "--epochs", "3"]
TINY += ["--importance-samples", "3", "--figures", "none"]


def run(folder, *flags, script=vae):
    return launch.main(script.Config, script.build, [*TINY, "--runs-dir", str(folder), *flags])


def only_run(folder):
    (path,) = folder.glob("*/*")
    return path


def results(path):
    """All that two runs of one seed must share."""
    return (path / "metrics.jsonl").read_text(), json.loads((path / "summary.json").read_text())


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    assert run(folder, "--figures", "later") == 0
    return only_run(folder)


def test_figures_are_drawn_later_or_never(finished, tmp_path):
    shown = {path.suffix for path in (finished / "figures").iterdir()}
    assert shown == {".npz"}
    assert "data:image/png" not in (finished / "report.html").read_text()
    own = shutil.copytree(finished, tmp_path / "own")
    assert cli.main(["report", str(own)]) == 0
    assert all(path.with_suffix(".png").exists() for path in (own / "figures").glob("*.npz"))
    drawn = (own / "report.html").read_text()  # the curves as plots, all else as pictures
    assert drawn.count("data:image/png") == len(list((own / "figures").glob("*.npz"))) - 1
    assert "<svg" in drawn


def test_a_run_folder_holds_everything(finished):
    names = {path.name for path in finished.iterdir()}
    files = {"config.json", "manifest.json", "status.json", "summary.json", "metrics.jsonl", "timings.jsonl", "log.txt"}
    assert names >= files | {"report.html", "checkpoints", "events", "figures"}
    assert not [name for name in names if "part" in name]
    summary = json.loads((finished / "summary.json").read_text())
    assert {"test/elbo", "test/distortion", "test/rate", "test/l_3", "validation/elbo"} <= set(summary["scores"])
    assert summary["scores"]["test/elbo"] == -(summary["scores"]["test/distortion"] + summary["scores"]["test/rate"])
    assert (summary["status"], summary["epochs"]) == ("done", 3)
    assert json.loads((finished / "status.json").read_text())["state"] == "done"
    rows = [json.loads(line) for line in (finished / "metrics.jsonl").read_text().splitlines()]
    assert [(row["epoch"], row["split"]) for row in rows] == [
        (e, s) for e in (1, 2, 3) for s in ("train", "validation")
    ]
    assert rows[-1]["loss"] < rows[1]["loss"]


def test_the_same_command_again_is_a_no_op(finished, capfd):
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    assert run(finished.parents[2], "--json") == 0
    assert json.loads(capfd.readouterr().out.splitlines()[-1]) == json.loads((finished / "summary.json").read_text())
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


STREAMED = pytest.param(("--resident-mib", "0"), marks=pytest.mark.ci)
PLAIN = pytest.param((), marks=pytest.mark.long)
CHUNKS = pytest.param(("--chunk", "1"), marks=pytest.mark.ci)
SAVES = pytest.param(("--save-every", "0.3", "--keep", "1"), marks=pytest.mark.ci)


# A streamed set has the bits of a resident one, and a chunk of one step those of a longer one, in programs that are
# compiled as users compile them; the fast tests do not compile so, and `.ci/run` does.
@pytest.mark.bits
@pytest.mark.parametrize("flags", [PLAIN, SAVES, CHUNKS, STREAMED])
def test_the_same_seed_gives_the_same_bits(finished, tmp_path, flags):
    assert run(tmp_path, *flags) == 0
    assert results(only_run(tmp_path)) == results(finished)


@pytest.mark.ci
@pytest.mark.bits
@pytest.mark.parametrize("to", ["npy", "array_record"])
def test_a_converted_set_that_streams_gives_the_bits_of_the_set_itself(finished, tmp_path, to):
    assert cli.main(["data", "convert", "digits", str(tmp_path / "set"), "--to", to]) == 0
    own = ("--data", f"shards:{tmp_path / 'set'}", "--optimizer", "adam")  # what the set itself has by default
    assert run(tmp_path, "--resident-mib", "0", *own) == 0
    (metrics, summary), (expected, theirs) = results(next(tmp_path.glob("vae/*"))), results(finished)
    assert metrics == expected
    assert {**summary, "run": theirs["run"]} == theirs


@pytest.mark.ci
def test_a_shard_that_breaks_while_a_run_streams_it(tmp_path, capfd, monkeypatch):
    """One line with the file's name; what was saved stays, and the run goes on from there once it is mended."""
    assert cli.main(["data", "convert", "digits", str(tmp_path / "set")]) == 0
    flags = ("--resident-mib", "0", "--data", f"shards:{tmp_path / 'set'}", "--chunk", "1")
    read, seen = npy_shards.Reader.read, []

    def breaks(self, path, rows, out):
        seen.append(path)
        if len(seen) == 30:
            os.truncate(path, 1000)
        read(self, path, rows, out)

    content = (tmp_path / "set" / "train-00000.npy").read_bytes()
    monkeypatch.setattr(npy_shards.Reader, "read", breaks)
    capfd.readouterr()
    assert run(tmp_path, *flags) == 3
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.startswith("error: ")
    assert "train-00000.npy" in error
    path = next(tmp_path.glob("vae/*"))
    assert json.loads((path / "status.json").read_text())["state"] == "failed"
    (tmp_path / "set" / "train-00000.npy").write_bytes(content)
    monkeypatch.undo()
    assert run(tmp_path, *flags) == 0
    assert "resumed at step" in (path / "log.txt").read_text()


@pytest.mark.ci
def test_another_seed_gives_others(finished, tmp_path):
    assert run(tmp_path, "--seed", "1") == 0
    assert results(only_run(tmp_path))[1]["params_sha256"] != results(finished)[1]["params_sha256"]


@pytest.mark.bits
@pytest.mark.parametrize("left", [1, pytest.param(2, marks=pytest.mark.ci)])
def test_a_killed_run_goes_on_from_its_last_checkpoint(finished, tmp_path, left):
    """What a kill leaves behind: no summary, and rows of metrics behind the last checkpoint."""
    path = tmp_path / "vae" / finished.name
    shutil.copytree(finished, path)
    for name in ("summary.json", "report.html"):
        (path / name).unlink()
    (path / "status.json").write_text('{"state": "running", "step": 1}')
    steps = sorted(int(step.name) for step in (path / "checkpoints").iterdir())
    for step in steps[left:]:
        shutil.rmtree(path / "checkpoints" / str(step))
    assert run(tmp_path) == 0
    assert results(path) == results(finished)
    assert f"resumed at step {steps[left - 1]}" in (path / "log.txt").read_text()


LONG = ["--epochs", "8", "--chunk", "1", "--save-every", "8"]


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    folder = tmp_path_factory.mktemp("straight")
    assert run(folder, *LONG) == 0
    return only_run(folder)


@pytest.mark.bits
@pytest.mark.parametrize(
    ("number", "limit"),
    [
        pytest.param(signal.SIGINT, "2048", marks=pytest.mark.long),
        pytest.param(signal.SIGTERM, "2048", marks=pytest.mark.ci),
        pytest.param(signal.SIGINT, "0", marks=pytest.mark.long),
    ],
)
def test_stopped_by_a_signal_saves_and_resumes_to_the_same_bits(straight, tmp_path, number, limit):
    long = [*TINY, *LONG, "--runs-dir", str(tmp_path)]
    command = [sys.executable, "-m", "experiments.vae", *long, "--resident-mib", limit]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    with process:
        for line in process.stderr:
            if line.startswith("epoch 2 "):
                process.send_signal(number)
                break
        error = process.stderr.read()
    assert process.returncode == 75, error
    assert "the same command goes on" in error
    path = only_run(tmp_path)
    status = json.loads((path / "status.json").read_text())
    assert status["state"] == "preempted"
    assert not (path / "summary.json").exists()
    assert launch.main(vae.Config, vae.build, long) == 0
    assert results(path) == results(straight)


def fails(capfd, code, *words):
    error = capfd.readouterr().err.strip().splitlines()
    assert len(error) == 1, error
    assert error[0].startswith("error: ")
    for word in words:
        assert word in error[0]
    return code


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--data", "mnits"], 3, ["--data", "mnits", "nearest"]),
        (["--data", "tfds:no_such"], 3, ["no_such"]),
        (["--latent-dim", "0"], 2, ["--latent-dim", "from 1 to 65536"]),
        (["--lr", "nan"], 2, ["--lr"]),
        (["--latnt-dim", "3"], 2, ["--latnt-dim", "nearest: --latent-dim"]),
        (["--net", "mlpp"], 2, ["--net", "nearest: mlp"]),
        (["--devices", "99"], 2, ["--devices", "99"]),
        (["--init-from", "nowhere"], 2, ["nowhere", "not a run folder"]),
    ],
)
def test_what_a_user_gets_wrong_is_one_line_and_leaves_nothing(tmp_path, capfd, flags, code, words):
    assert run(tmp_path / "runs", *flags) == code
    fails(capfd, code, *words)
    assert not (tmp_path / "runs").exists()


def test_missing_data_files_are_named_at_once(tmp_path, capfd, monkeypatch, no_network):
    monkeypatch.setenv("AELAB_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    start = time.perf_counter()
    assert run(tmp_path / "runs", "--data", "binarized_mnist") == 3
    fails(capfd, 3, str(tmp_path), "binarized_mnist")
    assert run(tmp_path / "runs", "--data", "tfds:mnist") == 3
    fails(capfd, 3, "AELAB_DATA_DIR")
    assert time.perf_counter() - start < 5
    assert not (tmp_path / "runs").exists()


def test_a_folder_that_cannot_be_written(tmp_path, capfd):
    (tmp_path / "file").write_text("")
    assert run(tmp_path / "file") == 8
    fails(capfd, 8, "file", "--runs-dir")


def test_a_folder_of_another_config(finished, tmp_path, capfd):
    path = tmp_path / "vae" / finished.name
    shutil.copytree(finished, path)
    (path / "summary.json").unlink()
    config = json.loads((path / "config.json").read_text())
    config["config"]["lr"] = 0.5
    (path / "config.json").write_text(json.dumps(config))
    before = sorted(path.rglob("*"))
    assert run(tmp_path) == 2
    fails(capfd, 2, "another config", "lr", "0.5")
    assert sorted(path.rglob("*")) == before


def test_a_run_in_use_is_refused(finished, tmp_path, capfd):
    from aelab.runs.folder import Run

    with Run(tmp_path / "vae" / finished.name).locked():
        assert run(tmp_path) == 7
    fails(capfd, 7, f"process {os.getpid()}")


def test_a_loss_that_explodes_is_said_and_the_good_checkpoint_stays(tmp_path, capfd):
    assert run(tmp_path, "--lr", "1e30", "--optimizer", "sgd") == 4
    assert "error: " in capfd.readouterr().err.splitlines()[-1]
    status = json.loads((only_run(tmp_path) / "status.json").read_text())
    assert status["state"] == "failed"
    assert "not finite" in status["reason"]
    assert "not finite" in (only_run(tmp_path) / "report.html").read_text()
    assert "not finite" in (only_run(tmp_path) / "log.txt").read_text()
    assert (only_run(tmp_path) / "checkpoints" / "0").is_dir()


def test_nothing_but_damaged_checkpoints_is_exit_5(finished, tmp_path, capfd):
    path = tmp_path / "vae" / finished.name
    shutil.copytree(finished, path)
    (path / "summary.json").unlink()
    for file in (path / "checkpoints").rglob("*"):
        if file.is_file() and "ocdbt.process" in str(file):
            file.write_bytes(b"")
    assert run(tmp_path) == 5
    assert "none of the steps" in capfd.readouterr().err.splitlines()[-1]


def test_dry_run_tells_and_writes_nothing(tmp_path, capfd):
    assert run(tmp_path / "runs", "--dry-run") == 0
    said = capfd.readouterr().out
    assert "64 > 12 > 3 (code)" in said
    assert f"{64 * 12 + 12 + 12 * 6 + 6 + 3 * 12 + 12 + 12 * 64 + 64:,} parameters" in said
    assert "warning" not in said
    assert run(tmp_path / "runs", "--dry-run", "--latent-dim", "64") == 0
    assert capfd.readouterr().out.count("warning: the code (64 numbers) is not smaller than the event (64)") == 1
    assert not (tmp_path / "runs").exists()


@pytest.mark.ci
def test_pmap_ends_where_a_single_device_does(finished, tmp_path):
    assert run(tmp_path, "--parallel", "pmap", "--devices", "8") == 0
    single, parallel = (results(path)[1]["scores"]["test/elbo"] for path in (finished, only_run(tmp_path)))
    assert abs(parallel - single) < 0.005 * abs(single)


def test_a_run_can_start_from_another(finished, tmp_path):
    assert run(tmp_path, "--init-from", str(finished), "--lr", "1e-12") == 0
    scores = results(only_run(tmp_path))[1]["scores"]
    assert scores["test/distortion"] == pytest.approx(results(finished)[1]["scores"]["test/distortion"], rel=1e-4)


def test_patience_stops_early(tmp_path):
    assert run(tmp_path, "--epochs", "40", "--patience", "2", "--lr", "1e-12", "--optimizer", "sgd") == 0
    assert results(only_run(tmp_path))[1]["epochs"] == 3


@pytest.mark.ci
def test_a_plain_autoencoder_has_no_bound(tmp_path):
    flags = [*TINY[: TINY.index("--importance-samples")], "--figures", "later"]
    assert launch.main(autoencoder.Config, autoencoder.build, [*flags, "--runs-dir", str(tmp_path)]) == 0
    scores = results(only_run(tmp_path))[1]["scores"]
    assert {"test/distortion", "test/squared_error", "test/mse", "test/bce"} <= set(scores)
    assert "test/elbo" not in scores
    assert {"curves", "reconstructions"} <= {path.stem for path in (only_run(tmp_path) / "figures").iterdir()}
    assert not (only_run(tmp_path) / "figures" / "samples.npz").exists()


LEARNED = pytest.param(("--likelihood", "normal", "--sigma", "learned"), marks=pytest.mark.ci)
GREY = pytest.param(("--likelihood", "categorical"), marks=pytest.mark.long)


@pytest.mark.parametrize("flags", [LEARNED, GREY])
def test_every_likelihood_trains(tmp_path, flags):
    assert run(tmp_path, *flags, "--epochs", "1") == 0
    assert results(only_run(tmp_path))[1]["scores"]["test/distortion"] > -1e3


@pytest.mark.ci
def test_iwae_and_two_numbers_of_code(tmp_path):
    words = ("--objective", "iwae", "--samples", "3", "--latent-dim", "2", "--epochs", "1", "--figures", "draw")
    assert run(tmp_path, *words) == 0
    assert (only_run(tmp_path) / "figures" / "manifold.png").exists()
