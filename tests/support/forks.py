"""Runs as forks of one process that has imported what they need: none of them imports anything for itself."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from environment import one_device


class Forks:
    """Carries out runs of `experiments.vae`. Each starts JAX for itself, with as many devices as it asks for."""

    def __enter__(self) -> "Forks":
        environment = {**one_device(), "PYTHONPATH": os.getcwd()}
        command, pipe = [sys.executable, __file__], subprocess.PIPE
        self._server = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment)
        return self

    def __exit__(self, *_) -> None:
        self._server.communicate()

    def run(self, *flags_of_each: Sequence[str]) -> None:
        """Start a process with the flags of each, and wait until all of them have ended well."""
        print(json.dumps(flags_of_each), file=self._server.stdin, flush=True)
        for code, said in json.loads(self._server.stdout.readline()):
            assert code == 0, said


def serve() -> None:
    """Carry out what is asked for, a line of stdin at a time."""
    from experiments.bench import processes

    processes.ready()
    with tempfile.TemporaryDirectory() as folder:
        for line in sys.stdin:
            asked = enumerate(json.loads(line))
            children = [processes.start(flags, Path(folder) / str(i)) for i, flags in asked]
            print(json.dumps([(child.wait(), child.output.read_text()) for child in children]), flush=True)


if __name__ == "__main__":
    serve()
