"""A Slurm cluster inside this machine: a controller and two nodes, listening on loopback alone, without systemd.

All of it lies in one folder. Its daemons stay children of this process, and end with it however it ends. The packages
are Debian's slurm-wlm and munge, which `make test-cluster` installs.
"""

import contextlib
import os
import pwd
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path

from aelab.runner.one_machine import free_port

PATH = f"{os.environ['PATH']}:/usr/sbin"  # where Debian puts daemons, which not every user's PATH names
# JAX dials the first name of a step's nodes, so that must resolve to loopback; each node needs a name of its own, as
# Debian's slurmd refuses two nodes of one host. Addresses of loopback are both.
NODES = ("127.0.0.2", "127.0.0.3")
CONF = """
ClusterName=local
SlurmctldHost=localhost(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
FirstJobId={job}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
SlurmdParameters=config_overrides
{nodes}
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES
"""
NODE = "NodeName={name} NodeHostname={name} NodeAddr=127.0.0.1 Port={port} CPUs=2 RealMemory=4000 State=UNKNOWN"
PATIENCE = 60.0  # seconds for the daemons to find each other, or to end


def missing(*commands: str) -> list[str]:
    """Those of the commands that this machine lacks."""
    return [command for command in commands if not shutil.which(command, path=PATH)]


class Slurm:
    """A running cluster; `environment` lets commands such as srun find it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": PATH}
        self.daemons: list[subprocess.Popen] = []

    def start(self) -> None:
        """Start the daemons, and wait until both nodes take jobs."""
        self._start_munge()
        ports = [free_port() for _ in NODES]
        self.folder.joinpath("state").mkdir()
        nodes = [NODE.format(name=name, port=port) for name, port in zip(NODES, ports, strict=True)]
        self.folder.joinpath("slurm.conf").write_text(
            CONF.format(
                folder=self.folder,
                user=pwd.getpwuid(os.getuid()).pw_name,
                controller_port=free_port(),
                job=random.randrange(1, 60000),  # the port of a run's coordinator follows from it
                nodes="\n".join(nodes),
            )
        )
        self._daemon("slurmctld", "-D", "-c")
        for name in NODES:
            self.folder.joinpath(f"spool.{name}").mkdir()
            self._daemon("slurmd", "-D", "-N", name)
        self._until(lambda: self.ask("sinfo", "--noheader", "--Node", "--format=%T").split() == ["idle"] * len(NODES))

    def _start_munge(self) -> None:
        """The service that vouches for who sends a message, by a key that this cluster alone has."""
        own = self.folder / "munge"
        own.mkdir()
        key = own / "key"
        key.touch(0o600)
        key.write_bytes(os.urandom(1024))
        files = [f"--{name}={own / name.split('-')[0]}" for name in ("key-file", "socket", "pid-file", "log-file")]
        self._daemon("munged", "--foreground", "--force", *files, f"--seed-file={own / 'seed'}")
        self._until(lambda: (own / "socket").exists())

    def ask(self, *command: str) -> str:
        """What a command of Slurm prints; empty where it fails."""
        return subprocess.run(command, env={**os.environ, **self.environment}, capture_output=True, text=True).stdout

    def _daemon(self, *command: str) -> None:
        said = (self.folder / f"daemon-{len(self.daemons)}.log").open("wb")
        with said:
            self.daemons.append(
                subprocess.Popen(
                    ["setpriv", "--pdeathsig", "TERM", *command],
                    env={**os.environ, **self.environment},
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=said,
                )
            )

    def _until(self, true) -> None:
        end = time.monotonic() + PATIENCE
        while not true():
            ended = [daemon.args for daemon in self.daemons if daemon.poll() is not None]
            if ended or time.monotonic() > end:
                logs = "\n".join(log.read_text(errors="replace")[-2000:] for log in self.folder.glob("daemon-*.log"))
                raise AssertionError(f"Slurm does not start; ended: {ended}\n{logs}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End the daemons, the last first: no jobs are left when the controller goes."""
        self.ask("scancel", "--user", pwd.getpwuid(os.getuid()).pw_name)
        with contextlib.suppress(AssertionError):
            self._until(lambda: not self.ask("squeue", "--noheader").strip())
        for daemon in reversed(self.daemons):
            daemon.terminate()
            try:
                daemon.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                daemon.kill()


@contextlib.contextmanager
def running() -> Generator[Slurm]:
    """A cluster in a folder of its own, whose name is short: sockets have paths of at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="slurm-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        slurm = Slurm(Path(folder))
        try:
            slurm.start()
            yield slurm
        finally:
            slurm.stop()


def main(command: Sequence[str]) -> int:
    """Run a command inside a cluster, as `python tests/support/local_slurm.py sinfo`."""
    with running() as slurm:
        return subprocess.run(command, env={**os.environ, **slurm.environment}).returncode


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
