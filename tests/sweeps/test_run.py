"""Sweeps as a user runs them: failed points, stops, kills; they end as an undisturbed one."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from aelab import cli
from aelab.runner import launch
from experiments import sweep

TINY = "data=digits widths=[12] latent_dim=3 batch_size=100 importance_samples=2 figures=later"
ROOT = Path(__file__).parents[2]


def words(folder, spec, *flags):
    return ["vae", f"{TINY} {spec}", "--runs-dir", str(folder), "--name", "mine", *flags]


def run(folder, spec, *flags):
    return launch.command(sweep.Config, sweep.run, words(folder, spec, *flags))


def start(folder, spec, *flags):
    command = [sys.executable, "-m", "experiments.sweep", *words(folder, spec, *flags)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def table(folder):
    return json.loads((folder / "sweeps" / "mine" / "sweep.json").read_text())


def results(folder):
    """All that two sweeps of the same points must share."""
    runs = {path.parent.name: path.read_text() for path in sorted(folder.glob("vae/*/metrics.jsonl"))}
    summaries = {path.parent.name: path.read_text() for path in sorted(folder.glob("vae/*/summary.json"))}
    markers = sorted(path.name for path in folder.glob("sweeps/mine/*.done"))
    return runs, summaries, markers, table(folder)


SPEC = "beta=0.5,4 epochs=40"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A sweep of two points that train and one that cannot: its folder, exit code and last line on stderr."""
    folder, spec = tmp_path_factory.mktemp("small"), f"epochs=1 beta=0.5,4 | {TINY} epochs=1 init_from=nowhere"
    done = start(folder, spec, "--workers", "2")
    said = done.communicate()[1]
    return folder, spec, done.returncode, said.splitlines()[-1]


@pytest.fixture(scope="module")
def straight(tmp_path_factory):
    folder = tmp_path_factory.mktemp("straight")
    assert run(folder, SPEC, "--workers", "2") == 0
    return folder


@pytest.mark.ci
def test_a_sweep_ends_in_a_table_of_runs(small, capfd):
    folder, spec, *_ = small
    made = table(folder)
    assert (made["script"], made["swept"]) == ("experiments.vae", ["beta", "init_from"])
    assert [point["overrides"].get("beta") for point in made["points"]] == [0.5, 4, None]
    for point in made["points"][:2]:
        summary = json.loads((folder / point["run"] / "summary.json").read_text())
        assert (point["state"], point["exit_code"], point["scores"]) == ("done", 0, summary["scores"])
        assert (folder / "sweeps" / "mine" / f"{point['name']}.done").exists()
    before = {path: path.stat().st_mtime_ns for path in folder.glob("vae/**/*")}
    assert run(folder, spec) == 9  # the point that cannot run is tried again, the others are left alone
    assert {path: path.stat().st_mtime_ns for path in folder.glob("vae/**/*")} == before
    assert "3 points, 2 of them done" in capfd.readouterr().err


@pytest.mark.long
def test_a_population_ends_in_the_same_folders(straight, tmp_path):
    assert run(tmp_path, SPEC, "--population", "2") == 0
    assert results(tmp_path) == results(straight)


@pytest.mark.ci
def test_a_point_that_cannot_run_is_reported_and_the_others_go_on(small):
    folder, _, code, error = small
    first, second, last = table(folder)["points"]
    assert code == 9
    assert (first["state"], second["state"], last["state"], last["exit_code"]) == ("done", "done", "failed", 2)
    assert last["reason"] == "nowhere: not a run folder (no config.json); aelab info lists runs"
    assert not (folder / "sweeps" / "mine" / f"{last['name']}.done").exists()
    assert error.startswith("error: 1 of 3 points failed")
    assert last["reason"] in error


@pytest.mark.long
@pytest.mark.bits
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopped_by_a_signal_it_stops_its_children_and_goes_on_later(straight, tmp_path, number):
    with start(tmp_path, SPEC, "--workers", "2") as process:
        while not any('"running"' in path.read_text() for path in tmp_path.glob("vae/*/status.json")):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        said = process.communicate()[1]
    assert process.returncode == 75
    assert said.splitlines()[-1] == "error: stopped; the same command goes on"
    assert "preempted" in {point["state"] for point in table(tmp_path)["points"]}
    assert run(tmp_path, SPEC, "--workers", "2") == 0
    assert results(tmp_path) == results(straight)


def disturbed(straight, folder, kills, rng):
    """Kill -9 the sweep so many times, at random moments, and let it end."""
    killed = 0
    while killed < kills:
        process = start(folder, SPEC, "--workers", "2")
        time.sleep(rng.uniform(0.5, 6))
        if process.poll() is None:
            killed += 1
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        if len(list(folder.glob("sweeps/mine/*.done"))) == 2:
            break  # nothing is left to disturb
    assert run(folder, SPEC, "--workers", "2") == 0
    assert results(folder) == results(straight)
    assert cli.main(["verify", *map(str, folder.glob("vae/*"))]) == 0
    return killed


@pytest.mark.long
def test_killed_it_ends_as_an_undisturbed_one(straight, tmp_path):
    assert disturbed(straight, tmp_path, 2, random.Random(0))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_the_children_of_a_killed_sweep_save_and_stop(tmp_path):
    def states():
        return {json.loads(path.read_text())["state"] for path in tmp_path.glob("vae/*/status.json")}

    with start(tmp_path, SPEC) as process:
        while states() != {"running"}:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
    end = time.monotonic() + 60
    while states() != {"preempted"}:
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.long
def test_killed_ten_times_it_ends_as_an_undisturbed_one(straight, tmp_path):
    rng, killed, round = random.Random(1), 0, 0
    while killed < 10:
        killed += disturbed(straight, tmp_path / str(round), 10 - killed, rng)
        round += 1


def test_a_sweep_that_is_under_way_is_not_run_twice(tmp_path, capfd):
    from aelab.runs.folder import Run

    with Run(tmp_path / "sweeps" / "mine").locked():
        assert run(tmp_path, "epochs=1") == 7
    assert "in use by process" in capfd.readouterr().err


def test_mistakes_end_before_anything_runs(tmp_path, capfd):
    for spec, said in (
        ("bta=1", "bta: no such field; nearest: beta"),
        ("seed=0:1000000", "1,000,000 points: add --yes"),
    ):
        assert run(tmp_path, spec) == 2
        assert said in capfd.readouterr().err
    assert not list(tmp_path.iterdir())
