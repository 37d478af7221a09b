"""Checkpoints by Orbax, verified: what is restored is what was saved, or nothing is.

Orbax keeps half-written steps invisible, but damage to a finished one can come back as silently wrong numbers. So the
sha256 of every leaf travels with the state; `restore` verifies them and walks back to the newest good step.
"""

import contextlib
import logging
import math
import shutil
import sys
import warnings
from collections.abc import Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from aelab.errors import AelabError, CheckpointError, ConfigError, StorageError
from aelab.runs import untrusted
from aelab.runs.atomic import storing
from aelab.runs.digests import json_digest, leaf_digests
from aelab.runs.orbax_errors import IgnoreClosedLoop, first_line, system_error
from aelab.runs.restored import Restored, newest_good, require_digests, sealed
from aelab.training.state import State

PyTree = Any
SLACK = 64 << 20  # bytes of a step besides its arrays: names, digests, the layout of the files


class Checkpoints:
    """The checkpoints of one run, the newest `keep` of them. Read only, nothing in the folder is touched.

    `together` all processes of the run open, write, wait for and close them at the same time, each with its parts of
    the arrays.
    """

    def __init__(
        self,
        folder: Path,
        keep: int = 3,
        warn: Callable[[str], object] = warnings.warn,
        *,
        read_only: bool = False,
        together: bool = False,
    ):
        import orbax.checkpoint as ocp  # here: its import is slow, and only a run needs it

        logging.getLogger("absl").setLevel(logging.CRITICAL + 1)  # whatever goes wrong is raised as well
        if not isinstance(sys.unraisablehook, IgnoreClosedLoop):
            sys.unraisablehook = IgnoreClosedLoop(sys.unraisablehook)
        self.folder, self._ocp, self._warn, self._read_only = folder.absolute(), ocp, warn, read_only
        options = ocp.CheckpointManagerOptions(
            max_to_keep=keep,
            cleanup_tmp_directories=not read_only,
            read_only=read_only,
            **_among_processes(ocp, self.folder, together=together),
        )
        if self.folder.is_symlink():
            raise ConfigError(f"{self.folder}: {untrusted.NOT_A_PLAIN_FILE}")
        untrusted.require_no_links(self.folder)
        with storing(self.folder):
            if not options.create and not read_only:
                self.folder.mkdir(exist_ok=True)
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
        if int(host.step) not in self.steps():
            self.write(host, sealed(leaf_digests(host), record))

    def write(self, state: State, record: dict[str, Any]) -> None:
        """Save a state whose step is not there yet, and a `sealed` record; the same errors."""
        args, step = self._ocp.args, int(state.step)
        items = args.Composite(state=args.PyTreeSave(state), record=args.JsonSave(record))
        with self._saving():
            if not self._manager.save(step, args=items, force=True):
                raise CheckpointError(f"{self.folder}: step {step} was not saved")

    def wait(self) -> None:
        """Until everything is on disk.

        Raises:
            StorageError: a save in the background failed.
        """
        with self._saving():
            self._manager.wait_until_finished()

    def close(self) -> None:
        try:
            self.wait()
        finally:
            with contextlib.suppress(Exception):  # it waits again for a save that failed: said already
                self._manager.close()

    @contextlib.contextmanager
    def _saving(self) -> Generator[None]:
        """Turn whatever a library below Orbax raises, as for a full disk, into a `StorageError`."""
        try:
            with storing(self.folder):
                yield
        except AelabError:
            raise
        except Exception as error:
            raise StorageError(
                f"{self.folder}: {system_error(error)}; free space or choose another --runs-dir"
            ) from None

    def restore(self, template: State, wanted: Callable[[int], bool] = lambda step: True) -> Restored | None:
        """The newest step that verifies, None where there is none at all; damaged ones are put aside with a warning.

        `template` gives the structure, and the dtype and shape of every leaf; `wanted` says which steps will do.

        Raises:
            CheckpointError: there are steps, and none can be trusted.
        """
        steps = [step for step in self.steps() if wanted(step)]
        aside = None if self._read_only else self.put_aside
        return newest_good(self.folder, steps, lambda step: self.read(step, template), aside, self._warn)

    def read(self, step: int, template: State) -> Restored | str:
        """A step, or one line that says why it cannot be trusted."""
        try:
            return self._read(step, template)
        except Exception as error:  # damage surfaces anywhere below Orbax; whatever it is, the step is unusable
            return first_line(error)

    def _read(self, step: int, template: State) -> Restored:
        state, record = self.fetch(step, template)
        require_digests(leaf_digests(state), record)
        return Restored(step, state, record["record"])

    def fetch(self, step: int, template: State) -> tuple[State, dict[str, Any]]:
        """A step and its sealed record, before its arrays are held against their digests.

        Arrays are numpy's. Where `template` says how one is split over devices, this process reads its own parts.

        Raises:
            Exception: whatever damage raises.
        """
        ocp = self._ocp
        self._afford(step, template)
        how = jax.tree.map(partial(_restored_as, ocp), template)
        items = self._manager.restore(
            step, args=ocp.args.Composite(state=ocp.args.PyTreeRestore(template, how), record=ocp.args.JsonRestore())
        )
        state, record = items["state"], dict(items["record"])
        if record.pop("sha256") != json_digest(record):
            raise ValueError("the record does not match its sha256")
        same = jax.tree.map(lambda a, b: a.shape == b.shape and a.dtype == b.dtype, state, template)
        if not jax.tree.all(same) or int(state.step) != step:
            raise ValueError("the state has another structure")
        return state, record

    def _afford(self, step: int, template: State) -> None:
        """Compare the size that a step claims with the size of `template`, before any memory is allocated for it.

        Raises:
            ValueError: it is larger, on the disk or as its arrays say.
        """
        wanted = sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(template)) + SLACK
        folder = self.folder / str(step)
        held = sum(path.stat().st_size for path in folder.rglob("*"))
        leaves = jax.tree.leaves(
            self._ocp.PyTreeCheckpointHandler().metadata(self._manager.directory / str(step) / "state").tree
        )
        claimed = sum(
            max(math.prod(leaf.shape), math.prod(leaf.storage.chunk_shape)) * leaf.dtype.itemsize for leaf in leaves
        )
        if max(held, claimed) > wanted:
            raise ValueError(f"{max(held, claimed)} bytes, and the model needs no more than {wanted}")

    def put_aside(self, step: int) -> None:
        """Move a damaged step out of the way."""
        aside = self.folder.with_name("damaged" if self.folder.name == "checkpoints" else f"damaged-{self.folder.name}")
        with storing(aside):
            aside.mkdir(exist_ok=True)
            shutil.rmtree(aside / str(step), ignore_errors=True)
            shutil.move(self.folder / str(step), aside / str(step))
        self.reload()

    def reload(self) -> None:
        """Look again which steps there are."""
        self._manager.reload()


def _restored_as(ocp: Any, leaf: Any) -> Any:
    """How Orbax gives an array back: whole, or as the parts of this process."""
    sharding = getattr(leaf, "sharding", None) if isinstance(leaf, jax.ShapeDtypeStruct) else None
    return ocp.ArrayRestoreArgs(sharding=sharding) if sharding else ocp.RestoreArgs(restore_type=np.ndarray)


def _among_processes(ocp: Any, folder: Path, *, together: bool) -> dict[str, Any]:
    """Options for several processes: all wait for each other, or the one that is here saves and restores alone."""
    if jax.process_count() == 1:
        return {}
    if together:
        options = ocp.options.MultiprocessingOptions(barrier_sync_key_prefix=folder.name)
        return {"create": False, "multiprocessing_options": options}
    here = jax.process_index()
    options = ocp.options.MultiprocessingOptions(
        primary_host=here, active_processes={here}, barrier_sync_key_prefix=f"{here}-{folder.name}"
    )
    return {"create": False, "multiprocessing_options": options}
