"""A run folder: config, manifest, status, lock, metrics. A small file is there whole or not at all."""

import contextlib
import fcntl
import json
import os
import socket
import time
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

from aelab.errors import ConfigError, LockedError, StorageError
from aelab.runs import schema, untrusted
from aelab.runs.atomic import storing, write_atomically

SCHEMA = 1
WEIGHTS = "model.safetensors"  # of a model that was exported


class Run:
    """One experiment with one seed in one folder; `with run.locked():` around all that writes."""

    def __init__(self, path: Path):
        self.path = path
        self._lock: int | None = None  # inode of the lock file while this process holds it

    @property
    def finished(self) -> bool:
        """Whether it was trained to its end and scored."""
        return self.read("status.json").get("state") == "done" and (self.path / "summary.json").exists()

    @property
    def exported(self) -> bool:
        """Whether the folder is no run, but a model that `aelab export` made of one."""
        return (self.path / WEIGHTS).is_file()

    def require_run(self) -> None:
        """Require that the folder is no model that was exported.

        Raises:
            ConfigError: it is one; names the run that it is of.
        """
        if self.exported:
            name = self.read("config.json").get("run") or "one that it does not name"
            raise ConfigError(
                f"{self.path}: a model that aelab export wrote, which aelab.load and aelab apply read; give the folder "
                f"of its run, {name}, which has the record of training"
            )

    @property
    def in_use(self) -> bool:
        """Whether a process holds its lock."""
        try:
            with (self.path / "lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            return False  # there is none
        return False

    def read(self, name: str, *needed: str) -> dict[str, Any]:
        """A JSON file of the run, {} where there is none.

        Raises:
            ConfigError: it is not JSON, not what stands in a file of that name, or lacks something `needed`.
        """
        path = self.path / name
        try:
            value = untrusted.parse(path, untrusted.read(path), schema.FILES.get(name, dict[str, Any]))
        except (FileNotFoundError, NotADirectoryError):
            return {}
        if missing := [part for part in needed if value.get(part) in (None, [])]:
            raise ConfigError(f"{path}: {missing[0]} is missing; restore the file")
        return value

    def write(self, name: str, value: dict[str, Any]) -> None:
        """Write a JSON file of the run, whole or not at all."""
        self.present()
        write_atomically(self.path / name, (json.dumps(value, indent=2) + "\n").encode())

    def status(self, state: str, step: int, reason: str = "") -> None:
        """running, done, preempted or failed, and at which step."""
        self.write("status.json", {"state": state, "step": step, "reason": reason})

    @contextlib.contextmanager
    def locked(self) -> Generator[None]:
        """Make the folder if need be and hold its lock; a lock whose holder died is free again.

        Raises:
            LockedError: another process holds it.
            StorageError: the folder cannot be made or written.
        """
        with storing(self.path):
            self.path.mkdir(parents=True, exist_ok=True)
            untrusted.require_no_links(self.path.resolve())
            lock = (self.path / "lock").open("a+")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.seek(0)
                raise LockedError(
                    f"{self.path}: in use by {lock.read().strip() or 'another process'}; wait for it"
                ) from None
            lock.truncate(0)
            lock.write(f"process {os.getpid()} on {socket.gethostname()} since {time.strftime('%Y-%m-%d %H:%M:%S')}\n")
            lock.flush()
            self._lock = os.fstat(lock.fileno()).st_ino
            try:
                yield
            finally:
                self._lock = None

    def present(self) -> None:
        """Require that the locked folder is still in its place. A library may have made a removed one again, empty.

        Raises:
            StorageError: it was removed or moved.
        """
        if self._lock is None:
            return
        try:
            same = (self.path / "lock").stat().st_ino == self._lock
        except OSError:
            same = False
        if not same:
            raise StorageError(f"{self.path}: was removed or moved while the run was under way; give the command again")

    def adopt(self, experiment: str, config: dict[str, Any], script: dict[str, Any] | None = None) -> None:
        """Write `config.json`, or compare the one that is there with this one.

        `script` says where a user's own script is, which may have been moved since.

        Raises:
            ConfigError: the folder belongs to another config.
        """
        mine, theirs = {"schema": SCHEMA, "experiment": experiment, "config": config}, self.read("config.json")
        if script:
            mine["script"] = script
        if not theirs:
            return self.write("config.json", mine)
        require_schema(self.path, theirs)
        old = {"experiment": theirs.get("experiment"), **theirs.get("config", {})}
        new = {"experiment": experiment, **config}
        differing = [name for name in sorted(old | new) if old.get(name) != new.get(name)]
        if differing:
            name = differing[0]
            raise ConfigError(
                f"{self.path}: made by another config ({name}: {old.get(name)} there, {new.get(name)} here);"
                " choose another --runs-dir"
            )
        if script and theirs.get("script") != script:
            self.write("config.json", mine)

    def log(self, line: str) -> None:
        """Append a line to log.txt."""
        self._append("log.txt", line)

    def append(self, name: str, row: dict[str, Any]) -> None:
        """Append a row to a `.jsonl` file of the run.

        `metrics.jsonl` holds `step`, `epoch`, `split` and numbers in nats per example; wall times stand in
        `timings.jsonl`, which is no part of what a run must repeat.
        """
        self._append(name, json.dumps(row))

    def _append(self, name: str, line: str) -> None:
        self.present()
        with storing(self.path / name), (self.path / name).open("a") as file:
            file.write(line + "\n")

    def rows(self, name: str = "metrics.jsonl") -> list[dict[str, Any]]:
        """The rows of a `.jsonl` file; a last line cut short by a kill is left out.

        Raises:
            ConfigError: another line is not JSON, or no row of a step.
        """
        path, form = self.path / name, schema.FILES.get(name, schema.Row)
        try:
            lines = untrusted.read(path).split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        return [untrusted.parse(path, line, form) for line in lines]

    def truncate(self, step: int, name: str = "metrics.jsonl") -> list[dict[str, Any]]:
        """Drop the rows of steps after `step`, which will be written again; gives the rows that stay."""
        rows = [row for row in self.rows(name) if row["step"] <= step]
        if rows or (self.path / name).exists():
            write_atomically(self.path / name, "".join(json.dumps(row) + "\n" for row in rows).encode())
        return rows


def require_schema(where: object, stated: Mapping[str, Any]) -> None:
    """Require that what a file of a run states is of this version.

    Raises:
        ConfigError: it is of another one.
    """
    if stated.get("schema") != SCHEMA:
        raise ConfigError(
            f"{where}: schema {stated.get('schema')} of another version of aelab (this has {SCHEMA}); use that one"
        )
