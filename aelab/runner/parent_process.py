"""Processes that end with the one that started them: the children of a killed sweep save and stop."""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Generator

from aelab.errors import Preempted

VARIABLE = "AELAB_PARENT"
PR_SET_PDEATHSIG = 1  # of prctl(2)


def child_environment() -> dict[str, str]:
    """The environment for a child process that is to end with this one."""
    return {**os.environ, VARIABLE: str(os.getpid())}


def end_with_parent() -> None:
    """Ask the kernel for SIGTERM when the parent ends, if the parent asked for that. On Linux alone; else do nothing.

    Raises:
        Preempted: the parent has ended already.
    """
    parent = os.environ.pop(VARIABLE, "")
    if parent and not end_with(int(parent)):
        raise Preempted("the sweep that started this was killed; its command goes on")


def end_with(parent: int) -> bool:
    """Ask the kernel for SIGTERM when the parent ends; False where it has ended already. On Linux alone."""
    if sys.platform != "linux":
        return True
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    return os.getppid() == parent


@contextlib.contextmanager
def killing(kill: Callable[[], object]) -> Generator[None]:
    """Kill the children that are left where an error passes; nothing is lost but what was not saved."""
    try:
        yield
    except BaseException:
        kill()
        raise
