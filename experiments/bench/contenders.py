"""Programs that race: each a process of its own that waits while another has its turn."""

import contextlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aelab.errors import ConfigError


class Contender:
    """A process that speaks `peers/protocol.py`; it has warmed up when this returns."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str]):
        self.name = name
        self.turns: list[float] = []
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115, open as long as the process
        pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self._errors, "text": True}
        self._process: Any = subprocess.Popen(command, env={**os.environ, **env}, **pipes)
        self.facts: dict[str, Any] = self._answer()["facts"]

    def turn(self) -> None:
        """Let it train a turn, and note the seconds."""
        with contextlib.suppress(BrokenPipeError):  # it has ended: the answer that is missing says so
            self._process.stdin.write("\n")
            self._process.stdin.flush()
        self.turns.append(self._answer()["seconds"])

    def close(self) -> None:
        """Let it end; it says what it knows only now, such as the memory it took."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        if line := self._process.stdout.readline():
            self.facts |= json.loads(line)["facts"]
        self._process.wait()
        self._process.stdout.close()
        self._errors.close()

    def _answer(self) -> dict[str, Any]:
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        self._errors.seek(0)
        last = (self._errors.read().strip() or "it said nothing").splitlines()[-1]
        raise ConfigError(f"{self.name}: ended with code {self._process.wait()}: {last}")


def race(contenders: Sequence[Contender], rounds: int) -> None:
    """`rounds` turns of each, one after the other; every second round runs backwards, so that no place is better."""
    for number in range(rounds):
        for contender in contenders if number % 2 == 0 else reversed(contenders):
            contender.turn()


def raced(started: Iterable[Contender], rounds: int) -> dict[str, dict[str, Any]]:
    """Race contenders as they come from `started`, and let all end: the seconds of each, and what it says of itself.

    Raises:
        ConfigError: one of them ended in an error.
    """
    contenders: list[Contender] = []
    try:
        for contender in started:
            contenders.append(contender)  # one by one: where one cannot start, those before it are let go
        race(contenders, rounds)
    finally:
        for contender in contenders:
            contender.close()
    return {contender.name: {"seconds": contender.turns, **contender.facts} for contender in contenders}
