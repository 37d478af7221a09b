"""Errors of Orbax and the libraries below it, made into the one line that a user reads."""

import os
import re
from collections.abc import Callable
from typing import Any


class IgnoreClosedLoop:
    """A `sys.unraisablehook` that passes over reads and writes which end after Orbax has closed its event loop.

    Orbax gives up at the first that fails, and that error is raised and handled. The others that were under way can
    only report to this hook.
    """

    def __init__(self, before: Callable[[Any], object]):
        self.before = before

    def __call__(self, unraisable: Any) -> None:
        if str(unraisable.exc_value) != "Event loop is closed":
            self.before(unraisable)


def system_error(error: Exception) -> str:
    """The operating system's words where a library passes its error number on, else the first line of the error."""
    number = re.search(r"os_error_code='(\d+)'", str(error))
    return os.strerror(int(number[1])) if number else first_line(error)


def first_line(error: Exception) -> str:
    """The first line of an error's message, or its type where it has none; at most 200 characters."""
    return (str(error) or type(error).__name__).split("\n")[0][:200]
