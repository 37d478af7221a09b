"""A folder that appears whole or not at all, and is made once however many processes want it."""

import fcntl
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from aelab.errors import StorageError


def make_folder(folder: Path, write: Callable[[Path], None]) -> bool:
    """Let `write` fill a folder beside `folder`, flush it to the disk and rename it; whether it was made here.

    The folder in the making is locked: another process that wants the same one waits, then finds it. What a killed
    process left is made anew.

    Raises:
        StorageError: it cannot be written, or the disk is full.
    """
    part = folder.with_name(f".{folder.name}.part")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        while not folder.exists():
            with _locked(part) as ours:
                if not ours:
                    continue
                if folder.exists():  # another process finished it after we had looked
                    shutil.rmtree(part)
                    return False
                _fill(part, folder, write)
                return True
    except OSError as error:
        where = error.filename or folder
        raise StorageError(f"{where}: {error.strerror or error}; free space or choose another folder") from None
    return False


@contextmanager
def _locked(part: Path) -> Generator[bool]:
    """Wait for the folder in the making; False where another process has finished it or given it up meanwhile."""
    with suppress(FileExistsError):
        os.mkdir(part)
    try:
        held = os.open(part, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield _same(held, part)
    finally:
        os.close(held)


def _same(held: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(held), path.stat())
    except FileNotFoundError:
        return False


def _fill(part: Path, folder: Path, write: Callable[[Path], None]) -> None:
    try:
        for left in part.iterdir():  # by a process that was killed
            left.unlink()
        write(part)
        for path in (*part.iterdir(), part):
            _flush(path)
        part.rename(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    _flush(folder.parent)


def _flush(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
