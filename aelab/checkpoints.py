"""Checkpoints by Orbax behind one door: what comes back is what was saved, or nothing.

Orbax keeps half-written steps invisible, but damage to a finished one can come back as silently wrong numbers. So the
sha256 of every leaf travels with the state; `restore` verifies them and walks back to the newest good step.
"""

import hashlib
import json
import logging
import shutil
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from aelab.errors import CheckpointError
from aelab.runs import storing
from aelab.training.state import State

PyTree = Any


def leaf_digests(tree: PyTree) -> dict[str, str]:
    """sha256 of every leaf by its path: over path, dtype, shape and bytes."""
    digests = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
        array, name = np.asarray(leaf), jax.tree_util.keystr(path)
        header = f"{name} {array.dtype} {array.shape} ".encode()
        digests[name] = hashlib.sha256(header + np.ascontiguousarray(array).tobytes()).hexdigest()
    return digests


def digest(tree: PyTree) -> str:
    """One sha256 for a whole tree."""
    return hashlib.sha256(_canonical(leaf_digests(tree))).hexdigest()


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _ignore_orphans() -> None:
    """Keep quiet about reads that end after Orbax has given up on a damaged step and closed its event loop.

    The first failed read is raised and handled; the others in flight can only complain to this hook.
    """
    before = sys.unraisablehook

    def hook(unraisable):
        if str(unraisable.exc_value) != "Event loop is closed":
            before(unraisable)

    sys.unraisablehook = hook


class Restored(NamedTuple):
    """A verified step: its state and the record saved with it."""

    step: int
    state: State
    record: dict[str, Any]


class Checkpoints:
    """The checkpoints of one run, the newest `keep` of them."""

    def __init__(self, folder: Path, keep: int = 3, warn: Callable[[str], object] = warnings.warn):
        import orbax.checkpoint as ocp  # here: its import is slow, and only a run needs it

        logging.getLogger("absl").setLevel(logging.ERROR)
        self.folder, self._ocp, self._warn = folder.absolute(), ocp, warn
        options = ocp.CheckpointManagerOptions(max_to_keep=keep, cleanup_tmp_directories=True)
        with storing(self.folder):
            self._manager = ocp.CheckpointManager(self.folder, options=options, item_names=("state", "record"))

    def steps(self) -> list[int]:
        """The finished steps, oldest first."""
        return sorted(self._manager.all_steps())

    def save(self, state: State, record: dict[str, Any]) -> None:
        """Save the state under its step, in the background; `record` is any JSON that belongs to it.

        Raises:
            StorageError: it cannot be written.
            CheckpointError: Orbax declined to save.
        """
        host = jax.device_get(state)
        step = int(host.step)
        if step in self._manager.all_steps():
            return
        record = {"digests": leaf_digests(host), "record": record}
        record["sha256"] = hashlib.sha256(_canonical(record)).hexdigest()
        items = self._ocp.args.Composite(state=self._ocp.args.PyTreeSave(host), record=self._ocp.args.JsonSave(record))
        with storing(self.folder):
            if not self._manager.save(step, args=items, force=True):
                raise CheckpointError(f"{self.folder}: step {step} was not saved")

    def wait(self) -> None:
        """Until everything is on disk.

        Raises:
            StorageError: a save in the background failed.
        """
        with storing(self.folder):
            self._manager.wait_until_finished()

    def close(self) -> None:
        self.wait()
        self._manager.close()

    def restore(self, template: State) -> Restored | None:
        """The newest step that verifies, None where there is none at all; damaged ones are put aside with a warning.

        `template` gives the structure, and the dtype and shape of every leaf.

        Raises:
            CheckpointError: there are steps, and none can be trusted.
        """
        steps = self.steps()
        _ignore_orphans()
        for step in reversed(steps):
            try:
                return self._read(step, template)
            except Exception as error:  # damage surfaces anywhere below Orbax; whatever it is, the step is unusable
                reason = str(error).split("\n")[0][:200]
                self._warn(f"{self.folder / str(step)}: damaged, put aside ({reason})")
                self._put_aside(step)
        if steps:
            raise CheckpointError(f"{self.folder}: none of the steps {steps} can be trusted; start afresh without them")
        return None

    def _read(self, step: int, template: State) -> Restored:
        ocp = self._ocp
        items = self._manager.restore(
            step, args=ocp.args.Composite(state=ocp.args.PyTreeRestore(template), record=ocp.args.JsonRestore())
        )
        record, state = dict(items["record"]), jax.tree.map(np.asarray, items["state"])
        if record.pop("sha256") != hashlib.sha256(_canonical(record)).hexdigest():
            raise ValueError("the record does not match its sha256")
        now = leaf_digests(state)
        wrong = [name for name in sorted(now | record["digests"]) if now.get(name) != record["digests"].get(name)]
        if wrong:
            raise ValueError(f"{wrong[0]} does not match its sha256")
        same = jax.tree.map(lambda a, b: a.shape == b.shape and a.dtype == b.dtype, state, template)
        if not jax.tree.all(same) or int(state.step) != step:
            raise ValueError("the state has another structure")
        return Restored(step, state, record["record"])

    def _put_aside(self, step: int) -> None:
        aside = self.folder.parent / "damaged"
        with storing(aside):
            aside.mkdir(exist_ok=True)
            shutil.rmtree(aside / str(step), ignore_errors=True)
            shutil.move(self.folder / str(step), aside / str(step))
        self._manager.reload()
