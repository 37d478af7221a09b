"""Several processes train one run in one folder, as one process with as many devices does, and end together."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from environment import one_device
from listening import listening
from processes import TINY, ended, only_run, start, start_by

from aelab import cli
from aelab.runner import launch
from aelab.runs.folder import Run
from experiments import vae


def alone(folder: Path, *words: str) -> Run:
    """The same run in this process, on two devices."""
    argv = [*TINY, *words, "--devices", "2", "--parallel", "jit", "--runs-dir", str(folder)]
    assert launch.main(vae.Config, vae.build, argv) == 0
    return Run(only_run(folder))


def assert_all(processes, code: int, said: str) -> None:
    """Every process has ended with the code, and in one line."""
    for each in processes:
        assert each.code == code, each.stderr
        assert len(each.errors) == 1, each.stderr
        assert said in each.errors[0]
        assert "Traceback" not in each.stderr


@pytest.mark.ci
def test_two_processes_train_one_run(tmp_path):
    """With two devices each, on rows that are read from a stream, against one process with four devices."""
    words = ["--epochs", "2", "--until", "1", "--resident-mib", "0", "--virtual-shards", "4"]
    one, other = ended(start(tmp_path / "two", *words, "--devices", "4"))
    assert (one.code, other.code) == (0, 0), (one.stderr, other.stderr)
    assert (other.stdout, other.stderr) == ("", "")  # it says nothing
    argv = [*TINY, *words, "--devices", "4", "--runs-dir", str(tmp_path / "one")]
    assert launch.main(vae.Config, vae.build, argv) == 0
    run, single = (Run(only_run(tmp_path / name)) for name in ("two", "one"))
    assert run.path.name == single.path.name  # which processes carry it out is no part of what it is
    assert run.rows("digests.jsonl") == single.rows("digests.jsonl")
    assert run.rows() == single.rows()
    (session,) = run.read("manifest.json")["sessions"]
    assert session["processes"] == 2
    assert (session["how"]["devices"], session["how"]["parallel"]) == (4, "jit")  # for `reproduce` in one process
    assert "--coordinator" not in session["command"]


THREE = ["--epochs", "3", "--save-every", "0.2"]


@pytest.fixture(scope="module")
def single(tmp_path_factory) -> Run:
    """An undisturbed run of one process with two devices."""
    return alone(tmp_path_factory.mktemp("single"), *THREE)


def assert_same(run: Run, single: Run) -> None:
    for rows in ("digests.jsonl", "metrics.jsonl"):
        assert run.rows(rows) == single.rows(rows)
    assert run.read("summary.json") == single.read("summary.json")
    assert cli.main(["verify", str(run.path)]) == 0


@pytest.mark.long
def test_a_run_changes_hands(tmp_path, single, capsys):
    """An epoch in two processes, one in a single process, one in two again: the bits and scores of one that did all."""
    for until in ("1", "2"):
        if until == "1":
            assert [each.code for each in ended(start(tmp_path, *THREE, "--until", until))] == [0, 0]
        else:
            alone(tmp_path, *THREE, "--until", until)
    one, other = ended(start(tmp_path, *THREE, "--json"))
    assert (one.code, other.code) == (0, 0), (one.stderr, other.stderr)
    run = Run(only_run(tmp_path))
    assert json.loads(one.stdout) == run.read("summary.json")  # Gloo's greeting does not get between
    assert_same(run, single)
    assert cli.main(["reproduce", str(run.path)]) == 0
    again, other = ended(start(tmp_path, *THREE, "--json"))  # nothing is left to do
    assert (again.code, other.code) == (0, 0)
    assert json.loads(again.stdout) == run.read("summary.json")


SPLIT = [*THREE, "--widths", "96", "--shard-parameters", "--figures", "later"]


@pytest.fixture(scope="module")
def split(tmp_path_factory) -> Run:
    """An undisturbed run of one process whose parameters are split over two devices."""
    return alone(tmp_path_factory.mktemp("split"), *SPLIT)


def largest_of_process_1(run: Run) -> Path:
    """A file of its part of the newest checkpoint."""
    newest = max((run.path / "checkpoints").iterdir(), key=lambda step: int(step.name))
    return max((newest / "state" / "ocdbt.process_1" / "d").iterdir(), key=lambda path: path.stat().st_size)


@pytest.mark.ci
def test_processes_save_their_parts_and_restore_them(tmp_path):
    """What is saved again after a restart has the bits of one process with as many devices."""
    for until in ("1", "2"):
        ends = ended(start(tmp_path / "two", *SPLIT, "--until", until))
        assert [end.code for end in ends] == [0, 0], [end.stderr for end in ends]
    run, single = Run(only_run(tmp_path / "two")), alone(tmp_path / "one", *SPLIT, "--until", "2")
    assert largest_of_process_1(run).stat().st_size > 0
    assert "resumed at step 5" in (run.path / "log.txt").read_text()
    assert run.rows("digests.jsonl") == single.rows("digests.jsonl")
    assert run.rows() == single.rows()


@pytest.mark.long
def test_a_run_with_split_parameters_changes_hands(tmp_path, split, capsys):
    """An epoch in one process, one in two, one in one again; and another time all three in two."""
    alone(tmp_path / "moved", *SPLIT, "--until", "1")
    for words, folder in (([*SPLIT, "--until", "2"], "moved"), (SPLIT, "whole")):
        one, other = ended(start(tmp_path / folder, *words))
        assert (one.code, other.code) == (0, 0), (one.stderr, other.stderr)
    alone(tmp_path / "moved", *SPLIT)
    for folder in ("moved", "whole"):
        assert_same(Run(only_run(tmp_path / folder)), split)


@pytest.mark.long
def test_layers_are_divided_in_each_of_two_processes(tmp_path):
    """Four devices, of which each two take the same rows, with the bits of one process that has them all."""
    words = [*SPLIT, "--devices", "4", "--model-parallel", "2"]
    ends = ended(start(tmp_path / "two", *words))
    assert [end.code for end in ends] == [0, 0], [end.stderr for end in ends]
    argv = [*TINY, *words, "--parallel", "jit", "--runs-dir", str(tmp_path / "one")]
    assert launch.main(vae.Config, vae.build, argv) == 0
    assert_same(*(Run(only_run(tmp_path / name)) for name in ("two", "one")))


@pytest.mark.long
def test_a_damaged_part_of_one_process_is_put_aside_by_all(tmp_path, split):
    assert [end.code for end in ended(start(tmp_path, *SPLIT, "--until", "2"))] == [0, 0]
    run = Run(only_run(tmp_path))
    file = largest_of_process_1(run)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert [end.code for end in ended(start(tmp_path, *SPLIT))] == [0, 0]
    assert "put aside" in (run.path / "log.txt").read_text()
    assert_same(run, split)


@pytest.mark.long
def test_processes_that_do_not_see_the_folder_are_refused(tmp_path):
    each = ([], ["--runs-dir", str(tmp_path / "elsewhere")])
    all_of_them = ended(start(tmp_path / "here", *SPLIT, each=each))
    assert_all(all_of_them, 2, "--runs-dir: process 1 does not see what process 0 writes to")
    assert "give a folder on a disk that all of them share" in all_of_them[0].errors[0]


@pytest.mark.long
def test_split_parameters_begin_with_those_of_another_run(tmp_path, split):
    words = [*SPLIT, "--seed", "1", "--init-from", str(split.path), "--until", "1"]
    single = alone(tmp_path / "one", *words)
    assert [end.code for end in ended(start(tmp_path / "two", *words))] == [0, 0]
    assert Run(only_run(tmp_path / "two")).rows("digests.jsonl") == single.rows("digests.jsonl")


@pytest.mark.long
@pytest.mark.parametrize("what", ["stop", "rollback", "skip"])
def test_split_numbers_that_are_not_finite(tmp_path, what):
    words = [*SPLIT, "--optimizer", "sgd", "--lr", "1e30", "--on-nonfinite", what]
    all_of_them = ended(start(tmp_path, *words))
    assert [end.code for end in all_of_them] == [4, 4], [end.stderr for end in all_of_them]
    assert Run(only_run(tmp_path)).rows("nonfinite.jsonl")[0]["examples"]


def launched(folder: Path, *words: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "aelab", "launch", "--processes", "2", "--", "python", "-m", "experiments.vae"]
    return subprocess.Popen(
        [*command, *TINY, *words, "--runs-dir", str(folder)],
        stderr=subprocess.PIPE,
        text=True,
        env={**one_device(), "PYTHONPATH": os.getcwd()},
    )


def workers(launcher: subprocess.Popen) -> dict[str, int]:
    """The processes that compute, by their number in the run: each is the child of a child."""
    found = {}
    for guard in children(launcher.pid):
        words = Path(f"/proc/{guard}/cmdline").read_text().split("\0")
        found |= {words[words.index("--process-id") + 1]: child for child in children(guard)}
    return found


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def until_logged(folder: Path, words: str, process: subprocess.Popen) -> None:
    while not any(words in log.read_text() for log in folder.rglob("log.txt")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


@pytest.mark.long
@pytest.mark.parametrize("victim", ["0", "1"])
@pytest.mark.parametrize("words", [THREE, SPLIT], ids=["whole", "split"])
def test_a_process_that_is_killed_ends_all_and_the_command_goes_on(tmp_path, single, split, words, victim):
    run = launched(tmp_path, *words)
    until_logged(tmp_path, "epoch 1  train", run)
    os.kill(workers(run)[victim], signal.SIGKILL)
    since = time.monotonic()
    _, said = run.communicate(timeout=60)
    assert run.returncode == 10, said
    assert time.monotonic() - since < 60
    assert f"process {victim} was killed by SIGKILL" in said
    assert Run(only_run(tmp_path)).read("status.json")["state"] == "failed"
    again = launched(tmp_path, *words)
    _, said = again.communicate(timeout=300)
    assert again.returncode == 0, said
    assert_same(Run(only_run(tmp_path)), single if words is THREE else split)


@pytest.mark.long
@pytest.mark.parametrize("asked", ["0", "1"])
@pytest.mark.parametrize("moment", ["run ", "epoch 1  train"])  # at the first, process 1 may still prepare
@pytest.mark.parametrize("words", [[], ["--widths", "96", "--shard-parameters"]], ids=["whole", "split"])
def test_any_of_them_may_be_asked_to_stop(tmp_path, words, asked, moment):
    run = launched(tmp_path, "--epochs", "5000", *words)
    until_logged(tmp_path, moment, run)
    os.kill(workers(run)[asked], signal.SIGTERM)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 75, said
    assert "after saving" in said.splitlines()[-1]
    assert Run(only_run(tmp_path)).read("status.json")["state"] == "preempted"
    assert cli.main(["verify", str(only_run(tmp_path))]) == 0


BROKEN = """
import jax
from aelab import data
from aelab.data.digits import load as digits
from aelab.errors import DataError
from aelab.runner import launch
from experiments.vae import Config, build

class Breaks:
    def __init__(self, whole):
        self.whole, self.spec, self.fingerprint, self.reads = whole, whole.spec, whole.fingerprint, 0
    def __len__(self):
        return len(self.whole)
    def get_batch(self, indices):
        self.reads += 1
        if jax.process_index() == 1 and self.reads > 3:
            raise DataError("disk: cannot be read")
        return self.whole.get_batch(indices)

def load(options):
    splits = digits(options)
    return splits._replace(train=Breaks(splits.train))

data.menu["breaks"] = load
if __name__ == "__main__":
    raise SystemExit(launch.main(Config, build))
"""


@pytest.mark.long
def test_an_error_in_one_process_ends_all(tmp_path):
    (tmp_path / "broken.py").write_text(BROKEN)
    words = ["--data", "breaks", "--epochs", "5000", "--resident-mib", "0", "--chunk", "1"]
    all_of_them = ended(start(tmp_path, *words, script=(str(tmp_path / "broken.py"),)))
    assert_all(all_of_them, 3, "disk: cannot be read")
    assert "process 1: " in all_of_them[0].errors[0]
    status = Run(only_run(tmp_path)).read("status.json")
    assert (status["state"], status["reason"]) == ("failed", "process 1: disk: cannot be read")


COMPILES_LATE = """
import sys, time
import jax.stages
from aelab.runner import launch
from experiments.vae import Config, build

compile_ = jax.stages.Lowered.compile

def late(self, *args, **kwargs):
    time.sleep(40)
    return compile_(self, *args, **kwargs)

if __name__ == "__main__":
    if "--late" in sys.argv:
        sys.argv.remove("--late")
        jax.stages.Lowered.compile = late
    raise SystemExit(launch.main(Config, build))
"""


@pytest.mark.long
@pytest.mark.parametrize("late", [0, 1])
def test_a_process_that_compiles_for_longer_is_waited_for(tmp_path, late):
    """The devices of a CPU would give up after half a minute."""
    (tmp_path / "late.py").write_text(COMPILES_LATE)
    words, each = (
        ["--epochs", "2", "--until", "1", "--devices", "4"],
        [["--late"] if i == late else [] for i in range(2)],
    )
    script = (str(tmp_path / "late.py"),)
    assert [end.code for end in ended(start(tmp_path, *words, each=each, script=script), 900)] == [0, 0]


@pytest.mark.long
def test_numbers_that_are_not_finite_end_all(tmp_path):
    all_of_them = ended(start(tmp_path, "--epochs", "2", "--optimizer", "sgd", "--lr", "1e30"))
    assert_all(all_of_them, 4, "is not finite at step")
    (found,) = Run(only_run(tmp_path)).rows("nonfinite.jsonl")
    assert found["examples"]  # which both have looked for, step by step


SRUN = {"SLURM_JOB_ID": str(os.getpid()), "SLURM_STEP_ID": "0", "SLURM_STEP_NODELIST": "n[1-2]", "SLURM_NTASKS": "2"}
MPIRUN = {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_LOCAL_SIZE": "2"}
MPIRUN["OMPI_MCA_orte_hnp_uri"] = f"{os.getpid() << 12}.0;tcp://10.96.0.1:34911"


@pytest.mark.long
@pytest.mark.parametrize("cluster", ["srun", "mpirun"])
def test_clusters_say_by_variables_which_process_is_which(tmp_path, cluster):
    if cluster == "srun":
        told = [{**SRUN, "SLURM_STEP_NUM_NODES": "1", "SLURM_PROCID": i, "SLURM_LOCALID": i} for i in "01"]
    else:
        told = [{**MPIRUN, "OMPI_COMM_WORLD_RANK": i, "OMPI_COMM_WORLD_LOCAL_RANK": i} for i in "01"]
    one, other = ended(start_by(told, tmp_path, "--epochs", "2", "--until", "1"))
    assert (one.code, other.code) == (0, 0), (one.stderr, other.stderr)
    (session,) = Run(only_run(tmp_path)).read("manifest.json")["sessions"]
    assert session["processes"] == 2


@pytest.mark.long
def test_a_folder_that_process_0_cannot_write_ends_all(tmp_path):
    (tmp_path / "file").touch()
    assert_all(ended(start(tmp_path / "file", "--epochs", "1")), 8, "Not a directory")


@pytest.mark.long
@pytest.mark.parametrize(
    ("own", "said"), [(["--lr", "0.5"], "flags.lr: 0.001 there, 0.5 here"), (["--classes", "1", "2"], "flags.classes")]
)
def test_processes_that_are_not_alike_are_refused(tmp_path, own, said):
    assert_all(ended(start(tmp_path, "--epochs", "1", each=([], own))), 2, said)
    assert not list(tmp_path.rglob("config.json"))


@pytest.mark.long
def test_a_process_that_never_comes(tmp_path):
    first, other = start(tmp_path, "--epochs", "1", "--join-timeout", "3")
    other.kill()
    end, _ = ended([first, other], 60)
    assert_all([end], 10, "--join-timeout: the 2 processes of the run have not met at 127.0.0.1:")


@pytest.mark.long
def test_a_port_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        first, other = start(tmp_path, "--join-timeout", "1", "--coordinator", address)
        other.kill()
        end, _ = ended([first, other], 60)
    assert_all([end], 2, f"--coordinator: {address}: ")
    assert "choose another port" in end.errors[0]


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--parallel", "pmap"], "--parallel: pmap works in one process"),
        (["--devices", "3"], "--devices: 3 asked for; give the 4"),
    ],
)
def test_what_several_processes_cannot_do_is_refused(tmp_path, words, said):
    assert_all(ended(start(tmp_path, "--epochs", "1", *words)), 2, said)


@pytest.mark.long
def test_nobody_listens_beyond_loopback(tmp_path):
    run = launched(tmp_path, "--epochs", "5000")
    until_logged(tmp_path, "epoch 1  train", run)
    found = {address for pid in workers(run).values() for address in listening(pid)}
    run.terminate()
    run.communicate(timeout=60)
    assert found
    assert all(address.startswith("127.") for address in found), found
