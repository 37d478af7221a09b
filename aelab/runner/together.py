"""One run in several processes, from their meeting to their end: all end alike, each with one line."""

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Generator
from typing import NoReturn

from aelab.config import Config, flags
from aelab.devices import places
from aelab.errors import AelabError
from aelab.runner import guard
from aelab.runs.folder import Run


@contextlib.contextmanager
def running(config: Config, run: Run) -> Generator[bool]:
    """Meet the other processes of the run, if it has any; gives whether this one leads.

    How one of them ends is told to all. Their processes end here, and not in an error that goes on.

    Raises:
        ConfigError: what is said of the processes does not fit.
        SystemExit: this process is one of several, and has come to its end.
    """
    place = places.find(config)
    for line in places.remarks(place):
        print(f"note: {line}", file=sys.stderr)
    if place is None:
        yield True
        return
    report = guard.fork(place, run.path, config.join_timeout)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)  # no Python runs while the others are waited for
    from aelab.devices import processes  # here: the parent has no JAX

    def say(line: str, code: int) -> None:
        flags.fail(line)
        report.tell(code=code, line=line)

    team = processes.join(place, config.join_timeout, say)
    report.tell(joined=True)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # until training listens for them
    try:
        with team.explained():
            yield place.index == 0
    except BaseException as error:
        code, line = _ending(error)
        say(line, code)
        team.leave(code, line)
        _end(code)
    report.tell(code=0)
    team.leave(0, "")
    raise SystemExit(0)


def _ending(error: BaseException) -> tuple[int, str]:
    """Exit code and line of an error; one that nobody foresaw is shown whole."""
    if isinstance(error, AelabError):
        return error.code, str(error)
    if isinstance(error, KeyboardInterrupt):
        return 130, "interrupted"
    traceback.print_exception(error)
    return 1, f"{type(error).__name__}: {error}".splitlines()[0]


def _end(code: int) -> NoReturn:
    """End at once: JAX would wait for processes that may have gone."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
