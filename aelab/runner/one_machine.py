"""The processes of one run, all started on this machine: they meet on loopback, and end together."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from typing import IO, NamedTuple

from aelab.devices.places import GONE, HERE, SLOW
from aelab.errors import ConfigError, LostError
from aelab.runner import parent_process
from aelab.runner.stop import StopRequest

PAUSE = 0.05  # seconds between looks at the children
OWN = {
    "python": [sys.executable],
    "python3": [sys.executable],
    "aelab": [sys.executable, "-m", "aelab"],
}  # words for ours
PATIENCE = 60.0  # seconds from the first that fails until the others are killed, which end by themselves before


class Child(NamedTuple):
    """A process of the run; what process 0 says on stderr is seen at once, what the others say is kept."""

    process: subprocess.Popen
    said: IO[bytes] | None


def run(command: Sequence[str], count: int) -> int:
    """Start a command in so many processes, each told its place by flags behind it; gives the exit code of the run.

    A signal asks all to save and stop, a second SIGINT ends them at once.

    Raises:
        ConfigError: there is no such command.
    """
    words = [*OWN.get(command[0], command[:1]), *command[1:]]
    joining = ["--coordinator", f"{HERE}:{free_port()}", "--num-processes", str(count)]
    children: list[Child] = []
    with StopRequest() as stop, parent_process.killing(lambda: _send(children, signal.SIGKILL)):
        for i in range(count):
            children.append(_start([*words, *joining, "--process-id", str(i)], i))
        _wait(children, stop)
    codes = [child.process.returncode for child in children]
    if codes[0] in (LostError.code, -signal.SIGKILL):  # process 0 may not know why
        _repeat(children[1:])
    known = [code for code in codes if code > 0 and code != LostError.code]
    return known[0] if known else LostError.code if any(codes) else 0


def _start(words: list[str], index: int) -> Child:
    """A session of its own: Ctrl-C reaches it through us alone."""
    said = tempfile.TemporaryFile() if index else None  # noqa: SIM115 - it is read at the end
    try:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
            env=parent_process.child_environment(),
        )
    except OSError as error:
        raise ConfigError(f"{words[0]}: cannot be started ({error.strerror}); is the path right?") from None
    return Child(process, said)


def _wait(children: list[Child], stop: StopRequest) -> None:
    """Until all have ended; from the first that fails on, the others have a while."""
    signalled, failed = False, 0.0
    while any(child.process.poll() is None for child in children):
        if stop() and not signalled:
            signalled = True
            _send(children, signal.SIGTERM)
        if not failed and any(child.process.returncode for child in children):
            failed = time.monotonic()
        if failed and time.monotonic() > failed + PATIENCE:
            _send(children, signal.SIGKILL)
        time.sleep(PAUSE)


def _send(children: list[Child], number: int) -> None:
    """To a child, or where it is to be killed to its own children too."""
    for child in children:
        if child.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if number == signal.SIGKILL else os.kill)(child.process.pid, number)


def _repeat(children: list[Child]) -> None:
    """Show the last words of children that ended with something of their own to say."""
    for child in children:
        if child.said is not None and child.process.returncode:
            child.said.seek(0)
            said = child.said.read().decode(errors="replace").strip()
            if said and not said.endswith((GONE, SLOW)):
                print(said, file=sys.stderr)


def free_port() -> int:
    """One on which nobody listens, on loopback."""
    with socket.socket() as found:
        found.bind((HERE, 0))
        return found.getsockname()[1]
