"""One of the processes that train recipes together, for the tests that compare it with one device.

    python tests/support/in_processes.py recipes:all HOST:PORT INDEX COUNT FOLDER

`recipes:all` names what gives the recipes by name, each a config and its `build`. Process 0 writes the leaves of each
outcome, in their order, into `FOLDER/<name>.npz`.
"""

import importlib
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
from environment import one_device

DEVICES = 2  # of each process


def start(recipes: str, folder: Path, count: int = 2) -> list:
    """The processes."""
    import os
    import subprocess

    from aelab.runner.one_machine import free_port

    address, pipe = f"127.0.0.1:{free_port()}", subprocess.PIPE
    environment = {**one_device(), "PYTHONPATH": os.pathsep.join((os.getcwd(), str(Path(__file__).parent)))}
    commands = [[sys.executable, __file__, recipes, address, str(i), str(count), str(folder)] for i in range(count)]
    return [subprocess.Popen(words, stdout=pipe, stderr=pipe, text=True, env=environment) for words in commands]


def read(folder: Path, name: str, like: Any) -> Any:
    """What a recipe came to, in the structure of another outcome of it."""
    with np.load(folder / f"{name}.npz") as found:
        return jax.tree.unflatten(jax.tree.structure(like), list(found.values()))


def main(recipes: str, address: str, index: str, count: str, folder: str) -> None:
    from aelab.devices import processes, startup
    from aelab.devices.places import Place

    team = processes.join(Place(int(index), int(count), address), 60, print)
    startup.start(DEVICES)
    from everywhere import train  # here: it starts JAX

    module, _, name = recipes.partition(":")
    for label, (config, build) in getattr(importlib.import_module(module), name)().items():
        outcome = train(config, build, "jit", DEVICES * int(count))
        if not int(index):
            np.savez(Path(folder) / f"{label}.npz", *map(np.asarray, jax.tree.leaves(outcome)))
    team.leave(0, "")


if __name__ == "__main__":
    main(*sys.argv[1:])
