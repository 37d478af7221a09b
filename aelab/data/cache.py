"""Events decoded once: what is slow to decode is kept as shards, and read from there by every later run."""

import hashlib
import logging
import os
import shutil
from pathlib import Path

from aelab.data.convert import write
from aelab.data.folder import make_folder
from aelab.data.shards import read
from aelab.data.source import Source
from aelab.errors import DataError, StorageError

SPLIT = "all"
log = logging.getLogger(__name__)


def cache_root() -> Path:
    """`$XDG_CACHE_HOME/aelab/data`; all in it can be removed at any time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "aelab" / "data"


def cached(key: str, source: Source) -> Source:
    """The events of `source` from the cache, put there first if need be.

    `key` says all that they depend on: files, their sizes and times, how they are decoded. Of several processes that
    want the same events at once, one decodes and the others wait. Where the cache cannot be written,
    it is `source` itself.

    Raises:
        DataError: an event of `source` is broken.
    """
    folder = cache_root() / hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
    if folder.exists():
        try:
            return read(folder)[SPLIT]
        except (DataError, KeyError) as error:
            log.warning("decoded again: %s", error)
            shutil.rmtree(folder, ignore_errors=True)
    try:
        make_folder(folder, lambda part: write(part, key, {SPLIT: source}))
    except StorageError as error:
        log.warning("what is decoded is not kept: %s", error)
        return source
    return read(folder)[SPLIT]
