"""A thin parent for each process of a run that has several.

JAX ends a process by SIGABRT, with no more Python, where another process of the run is lost. The parent says so in one
line, gives the exit code, and puts `status.json` right. It knows nothing of JAX and so cannot be caught in it.
"""

import contextlib
import json
import os
import signal
import sys
import warnings
from pathlib import Path
from typing import Any

from aelab.config import flags
from aelab.devices.places import AGAIN, GONE, Place
from aelab.errors import AelabError, LostError
from aelab.runner import parent_process
from aelab.runs.folder import Run

NATIVE_LOG = "AELAB_NATIVE_LOG"  # who sets it sees what C++ writes to stderr


class Report:
    """What the child tells its parent, a line of JSON each."""

    def __init__(self, pipe: int):
        self._pipe = pipe

    def tell(self, **facts: Any) -> None:
        """`joined=True` once the other processes are there, `code=…, line=…` once the child has said its last line."""
        with contextlib.suppress(OSError):
            os.write(self._pipe, json.dumps(facts).encode() + b"\n")


def fork(place: Place, run: Path, timeout: float) -> Report:
    """Go on in a child. The parent waits for it and ends as it did; it does not come back.

    Raises:
        SystemExit: in the parent, with the exit code.
    """
    read, write = os.pipe()
    parent = os.getpid()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # JAX may be imported, but has not started
        child = os.fork()
    if child:
        os.close(write)
        raise SystemExit(_wait(child, read, place, run, timeout))
    os.close(read)
    if not parent_process.end_with(parent):
        os._exit(LostError.code)
    _python_alone_speaks()
    return Report(write)


def _python_alone_speaks() -> None:
    """Keep what C++ writes, such as the greeting of Gloo, away from stdout and stderr."""
    sys.stdout.flush()
    for name, number in (("stdout", 1), ("stderr", 2)):
        before = getattr(sys, name)
        own = open(os.dup(number), "w", buffering=1, encoding=before.encoding, errors=before.errors)  # noqa: SIM115
        setattr(sys, name, own)
        elsewhere = os.dup(2) if NATIVE_LOG in os.environ else os.open(os.devnull, os.O_WRONLY)
        os.dup2(elsewhere, number)
        os.close(elsewhere)


def _wait(child: int, pipe: int, place: Place, run: Path, timeout: float) -> int:
    """The exit code of the child, or the one that its death stands for, which is said in a line."""
    signal.signal(signal.SIGTERM, lambda number, _: os.kill(child, number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to both
    _, status = os.waitpid(child, 0)
    code, facts = os.waitstatus_to_exitcode(status), _told(pipe)
    if code < 0 and "code" not in facts:
        facts |= _cause(-code, joined="joined" in facts, place=place, timeout=timeout)
        flags.fail(facts["line"])
    if place.index == 0 and facts.get("line"):
        _mend(Run(run), facts["line"])
    return facts.get("code", code)


def _told(pipe: int) -> dict[str, Any]:
    os.set_blocking(pipe, False)
    with contextlib.suppress(BlockingIOError):
        lines = os.read(pipe, 1 << 16).splitlines()
        return {name: value for line in lines for name, value in json.loads(line).items()}
    return {}


def _cause(number: int, *, joined: bool, place: Place, timeout: float) -> dict[str, Any]:
    """Exit code and line for a child that died by a signal."""
    if number in (signal.SIGINT, signal.SIGTERM):
        return {"code": 130, "line": "interrupted"}
    line = GONE
    if number != signal.SIGABRT:
        why = ", as the system does where memory runs out" if number == signal.SIGKILL else ""
        line = f"process {place.index} was killed by {signal.Signals(number).name}{why}; {AGAIN}"
    elif not joined:
        line = (
            f"--join-timeout: the {place.count} processes of the run have not met at {place.coordinator} within "
            f"{timeout:g} s; start all of them, and look whether that address can be reached"
        )
    return {"code": LostError.code, "line": line}


def _mend(run: Run, said: str) -> None:
    """Let `status.json` no longer say that the run is under way."""
    with contextlib.suppress(AelabError):
        stands = run.read("status.json")
        if stands.get("state") == "running" and not run.in_use:
            run.status("failed", stands["step"], said)
            run.log(f"trouble: {said}")
