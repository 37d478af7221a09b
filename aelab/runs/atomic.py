"""Files that are whole or absent, never half written."""

import contextlib
import os
import shutil
from collections.abc import Generator
from pathlib import Path

from aelab.errors import ConfigError, StorageError


@contextlib.contextmanager
def storing(path: Path, flag: str = "--runs-dir") -> Generator[None]:
    """Operating system errors inside become one `StorageError` that names the path, and the flag that chose it."""
    try:
        yield
    except OSError as error:
        where = error.filename if error.filename and flag == "--runs-dir" else path
        raise StorageError(f"{where}: {error.strerror or error}; free space or choose another {flag}") from None


def write_atomically(path: Path, content: bytes, flag: str = "--runs-dir") -> None:
    """Write, flush to the disk, rename: a reader sees the old file or the new one."""
    part = path.with_name(f".{path.name}.part")
    with storing(path, flag):
        part.unlink(missing_ok=True)
        with part.open("xb") as file:  # a new file: what stood there may have been a link
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)


@contextlib.contextmanager
def whole_folder(path: Path, flag: str = "--output") -> Generator[Path]:
    """A new folder to fill, which gets its name when the block ends without an error, and is removed otherwise.

    Raises:
        ConfigError: there is something of that name.
        StorageError: it cannot be made.
    """
    if path.is_symlink() or path.exists():
        raise ConfigError(f"{path}: is there already; choose another {flag}, or remove it")
    part = path.with_name(f".{path.name}.part")
    try:
        with storing(path, flag):
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
        yield part
        with storing(path, flag):
            part.rename(path)
    finally:
        shutil.rmtree(part, ignore_errors=True)
