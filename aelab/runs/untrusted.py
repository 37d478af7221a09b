"""Reading run folders that may come from anybody: no link is followed out of one, and no file of absurd size is read.

Every JSON file, picture and array of a run is read here. A folder that a library reads or writes is checked first.
"""

import json
import os
import stat
from pathlib import Path
from typing import Any

from aelab.config import json_form
from aelab.errors import ConfigError

MAX_BYTES = 256 << 20  # bytes of a file that is read whole: the digests of some thousand checkpoints
NOT_A_PLAIN_FILE = (
    "a link or no plain file, and those may lead out of the run folder; put what it stands for in its place"
)


def read(path: Path, most: int = MAX_BYTES) -> bytes:
    """The bytes of a file; a folder on the way to it may be a link, the file itself may not.

    Raises:
        FileNotFoundError, NotADirectoryError: there is none.
        ConfigError: no plain file, more than `most` bytes, or not to be read.
    """
    try:
        require_plain(path)
        with path.open("rb") as file:
            if (size := os.fstat(file.fileno()).st_size) > most:
                raise ConfigError(
                    f"{path}: {size >> 20} MiB, more than the {most >> 20} that are read; restore the file"
                )
            return file.read(most)
    except (FileNotFoundError, NotADirectoryError):
        raise
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; restore the file") from None


def parse(path: Path, text: bytes, form: Any) -> Any:
    """A JSON text of the file `path`.

    Raises:
        ConfigError: it is not JSON or not of the form.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: not JSON ({error}); restore the file or remove the run folder") from None
    if wrong := json_form.misfit(value, form):
        raise ConfigError(f"{path}: {wrong}; restore the file or remove the run folder")
    return value


def require_plain(path: Path) -> None:
    """Require that a path is a file or a folder, and no link to one.

    Raises:
        OSError: there is none, or it cannot be looked at.
        ConfigError: a link, a device, a pipe.
    """
    mode = path.lstat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise ConfigError(f"{path}: {NOT_A_PLAIN_FILE}")


def require_no_links(folder: Path) -> None:
    """Require that everything below a folder is files and folders, and no links. The folder may be missing.

    Raises:
        ConfigError: a link, a device, a pipe.
    """
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            try:
                require_plain(Path(place, name))
            except FileNotFoundError:
                continue  # a run that is under way moves its files
