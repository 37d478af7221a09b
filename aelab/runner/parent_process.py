"""Processes that end with the one that started them: the children of a killed sweep save and stop."""

import ctypes
import os
import signal
import sys

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
    if parent and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):
            raise Preempted("the sweep that started this was killed; its command goes on")
