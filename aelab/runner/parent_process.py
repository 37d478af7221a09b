"""Processes that end with the one that started them: the children of a killed sweep save and stop."""

import ctypes
import os
import signal
import sys

from aelab.errors import Preempted

VARIABLE = "AELAB_PARENT"
PR_SET_PDEATHSIG = 1  # of prctl(2)


def marked() -> dict[str, str]:
    """The environment of a child that is to follow this process."""
    return {**os.environ, VARIABLE: str(os.getpid())}


def follow() -> None:
    """Ask the kernel for SIGTERM when the parent dies, if it wants that; elsewhere than on Linux, do nothing.

    Raises:
        Preempted: it is gone already.
    """
    parent = os.environ.pop(VARIABLE, "")
    if parent and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != int(parent):
            raise Preempted("the sweep that started this was killed; its command goes on")
