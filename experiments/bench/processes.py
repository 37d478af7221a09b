"""Runs as processes of their own, forked from one that has imported JAX but never started it: a second each."""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from aelab.runner import launch
from experiments import vae

WAIT = 600.0  # seconds after which a process counts as hung


class Child(NamedTuple):
    """A process and the file that holds its output."""

    pid: int
    output: Path

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.pid, number)

    def wait(self) -> int:
        """Its exit code, negative for a signal. A process that hangs is killed, and that is an error."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.002)
        self.kill()
        os.waitpid(self.pid, 0)
        raise TimeoutError(f"process {self.pid} hung; its output was {self.output.read_text()}")

    def errors(self) -> list[str]:
        """The lines of its output that tell an error, and those that begin a traceback."""
        lines = self.output.read_text().splitlines()
        return [line for line in lines if line.startswith(("error: ", "Traceback", "Exception"))]


def ready() -> None:
    """Import what children need, once.

    Raises:
        RuntimeError: JAX has started, and a process with its threads must not be forked.
    """
    import matplotlib.pyplot  # noqa: F401
    import orbax.checkpoint  # noqa: F401
    import sklearn.datasets  # noqa: F401
    import tensorboardX  # noqa: F401
    from jax._src import xla_bridge

    from aelab.data import digits  # noqa: F401
    from aelab.runner import run  # noqa: F401

    if xla_bridge.backends_are_initialized():
        raise RuntimeError("JAX has started: children must not be forked from here")


def fork(do: Callable[[], int], file: Path) -> Child:
    """A process that calls `do` and exits with its code, all its output in a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return Child(pid, file)
    code = 1
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        code = do()
    except SystemExit as end:  # of a process of several
        code = int(end.code or 0)
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def start(flags: Sequence[str], file: Path, largest: int = resource.RLIM_INFINITY) -> Child:
    """`python -m experiments.vae` with these flags; none of its files may have more than `largest` bytes."""

    def do() -> int:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
        return launch.main(vae.Config, vae.build, flags)

    return fork(do, file)


def until(true: Callable[[], bool], child: Child | None = None, seconds: float = WAIT) -> bool:
    """Look every millisecond whether something is true; False where the child ends first or time is up."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        if child and os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return False
        time.sleep(0.001)
    return False
