"""One run behind the engines themselves: Slurm's srun over two nodes of this machine, and Open MPI's mpirun.

`make test-cluster` installs them and runs these tests. Elsewhere they are skipped where an engine is missing. `.ci/run`
has one run by each engine.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import local_slurm
import pytest
from environment import one_device
from listening import listening
from processes import TINY, only_run

from aelab import cli
from aelab.runner import launch
from aelab.runs.folder import Run
from experiments import vae

# mpirun listens on all networks whatever it is told, so here it has none but loopback.
ALONE = ["unshare", "--net", *(["--map-root-user"] if os.getuid() else [])]
ALONE += ["sh", "-c", 'ip link set lo up && exec "$0" "$@"']
MPIRUN = ["mpirun", "-n", "2", "--bind-to", "none", "--oversubscribe", "--allow-run-as-root"]
PATIENCE = 400  # seconds for a tiny run, on a machine that has other things to do


def require(*commands: str) -> None:
    if missing := local_slurm.missing(*commands):
        pytest.skip(f"not installed: {', '.join(missing)}; make test-cluster installs the engines on Debian")


@pytest.fixture(scope="module")
def slurm() -> Generator[local_slurm.Slurm]:
    require("setpriv", "munged", "slurmctld", "slurmd", "srun")
    with local_slurm.running() as slurm:
        yield slurm


ENGINES = ("srun on two nodes", "srun on one node", "mpirun")  # each way in which two processes are started
SHORT = [pytest.param(name, marks=pytest.mark.long if "one node" in name else pytest.mark.ci) for name in ENGINES]


@pytest.fixture
def engine(request, tmp_path) -> Generator["Engine"]:
    if request.param == "mpirun":
        require("mpirun", "unshare", "ip")
        yield Engine([*ALONE, *MPIRUN], {}, tmp_path)
        return
    nodes = "2" if "two" in request.param else "1"
    slurm = request.getfixturevalue("slurm")
    yield Engine(["srun", "--ntasks", "2", "--nodes", nodes], slurm.environment, tmp_path)


class Engine:
    """What starts two processes of a run, and knows them by a word in their environment."""

    def __init__(self, words: list[str], environment: dict[str, str], folder: Path):
        self.words, self.folder, self.mark = words, folder, f"AELAB_TEST={folder}"
        self.environment = {**one_device(), **environment, "PYTHONPATH": os.getcwd(), "AELAB_TEST": str(folder)}

    def start(self, *flags: str) -> subprocess.Popen:
        command = [*self.words, sys.executable, "-m", "experiments.vae", *TINY, *flags, "--runs-dir", str(self.folder)]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.environment, stdout=pipe, stderr=pipe, text=True)

    def processes(self) -> list[int]:
        """All that were started, the engine's own among them."""
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if self.mark.encode() in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
        return found

    def ask_to_stop(self, process: subprocess.Popen) -> None:
        """Slurm asks all; mpirun would kill them a second later, so one of them is asked."""
        if self.words[0] == "srun":
            subprocess.run(["scancel", "--signal=TERM", "--name", "python"], env=self.environment, check=True)
        else:
            os.kill(children(process.pid)[-1], signal.SIGTERM)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ended(process: subprocess.Popen) -> tuple[int, str]:
    """Its exit code, and what it said on stderr."""
    try:
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    return process.returncode, said


@pytest.fixture(scope="module")
def single(tmp_path_factory) -> Run:
    """The same run in one process, on two devices."""
    folder = tmp_path_factory.mktemp("single")
    words = ["--epochs", "1", "--devices", "2", "--parallel", "jit", "--runs-dir", str(folder)]
    assert launch.main(vae.Config, vae.build, [*TINY, *words]) == 0
    return Run(only_run(folder))


@pytest.mark.parametrize("engine", SHORT, indirect=True)
def test_an_engine_starts_one_run(engine, single):
    """One folder, one log, and the numbers of one process with as many devices, to the last digit."""
    code, said = ended(engine.start("--epochs", "1"))
    assert code == 0, said
    run = Run(only_run(engine.folder))
    (session,) = run.read("manifest.json")["sessions"]
    assert session["processes"] == 2
    assert said.count("epoch 1  train") == 1
    log = (run.path / "log.txt").read_text()
    assert log.count("epoch 1  train") == 1
    assert log.count("peak memory") == 1
    for rows in ("digests.jsonl", "metrics.jsonl"):
        assert run.rows(rows) == single.rows(rows)
    assert run.read("summary.json") == single.read("summary.json")
    assert cli.main(["verify", str(run.path)]) == 0
    assert engine.processes() == []


@pytest.mark.long
@pytest.mark.parametrize("engine", ENGINES, indirect=True)
def test_an_engine_stops_a_run_that_nobody_outside_can_reach(engine, request):
    process = engine.start("--epochs", "5000", "--save-every", "1000")
    until_logged(engine.folder, "epoch 1  train", process)
    working = engine.processes()
    if engine.words[0] == "srun":
        working += [daemon.pid for daemon in request.getfixturevalue("slurm").daemons]
    addresses = {(name(pid), address) for pid in working for address in listening(pid)}
    engine.ask_to_stop(process)
    code, said = ended(process)
    assert "python" in dict(addresses)
    assert all(address.startswith("127.") for who, address in addresses if who != "mpirun"), addresses
    assert code == 75, said
    run = Run(only_run(engine.folder))
    assert run.read("status.json")["state"] == "preempted"
    assert cli.main(["verify", str(run.path)]) == 0
    assert engine.processes() == []


def name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def until_logged(folder: Path, words: str, process: subprocess.Popen) -> None:
    end = time.monotonic() + PATIENCE
    while not any(words in log.read_text() for log in folder.rglob("log.txt")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.1)


@pytest.mark.long
def test_a_sweep_is_a_job_array(slurm, tmp_path):
    """Two points and one that cannot run, a task each; the table is a job that waits for them."""
    environment = {**one_device(), **slurm.environment, "PYTHONPATH": os.getcwd()}
    tiny = "data=digits widths=[6] latent_dim=2 batch_size=300 importance_samples=2 epochs=1"
    spec = f"{tiny} beta=0.5,4 | {tiny} init_from=nowhere"
    command = [sys.executable, "-m", "experiments.sweep", "vae", spec, "--runs-dir", str(tmp_path), "--name", "mine"]
    subprocess.run([*command, "--slurm"], env=environment, check=True, capture_output=True)
    folder = tmp_path / "sweeps" / "mine"
    subprocess.run(["bash", folder / "submit.sh"], env=environment, check=True, capture_output=True)
    end, said = time.monotonic() + PATIENCE, folder / "table.log"
    while slurm.ask("squeue", "--noheader").strip():
        assert time.monotonic() < end, slurm.ask("squeue")
        time.sleep(0.5)
    assert "1 of 3 points failed" in said.read_text()
    points = json.loads((folder / "sweep.json").read_text())["points"]
    assert [point["state"] for point in points] == ["done", "done", "failed"]
    assert "nowhere" in points[2]["reason"]
