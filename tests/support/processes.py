"""A tiny run in several processes, each started as a user starts it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from environment import one_device

from aelab.runner.one_machine import free_port

SCRIPT = ("-m", "experiments.vae")
TINY = ["--data", "digits", "--widths", "6", "--latent-dim", "2", "--batch-size", "300", "--importance-samples", "2"]
TINY += ["--figures", "none"]


class Ended(NamedTuple):
    """How a process ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def errors(self) -> list[str]:
        return [line for line in self.stderr.splitlines() if line.startswith("error: ")]


def start(
    folder: Path, *flags: str, count: int = 2, each: Sequence[Sequence[str]] = (), script: Sequence[str] = SCRIPT
):
    """The processes of a run in `folder`; `each` has further flags for every one of them."""
    where = ["--num-processes", str(count), "--runs-dir", str(folder)]
    where += [] if "--coordinator" in flags else ["--coordinator", f"127.0.0.1:{free_port()}"]
    own = [["--process-id", str(i), *(each[i] if each else ())] for i in range(count)]
    pipe = subprocess.PIPE
    environment = {**one_device(), "PYTHONPATH": os.getcwd()}
    return [
        subprocess.Popen(
            [sys.executable, *script, *TINY, *flags, *where, *mine],
            stdout=pipe,
            stderr=pipe,
            text=True,
            env=environment,
        )
        for mine in own
    ]


def start_by(environments: Sequence[dict[str, str]], folder: Path, *flags: str):
    """The processes of a run, each with variables as a cluster sets them in place of flags."""
    command, pipe = [sys.executable, *SCRIPT, *TINY, *flags, "--runs-dir", str(folder)], subprocess.PIPE
    own = {**one_device(), "PYTHONPATH": os.getcwd()}
    return [
        subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env={**own, **environment})
        for environment in environments
    ]


def ended(processes, seconds: float = 300) -> list[Ended]:
    """Wait for all; those that do not end are killed, and the test fails."""
    try:
        said = [process.communicate(timeout=seconds) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [Ended(process.returncode, *each) for process, each in zip(processes, said, strict=True)]


def only_run(folder: Path) -> Path:
    (config,) = folder.rglob("config.json")
    return config.parent
