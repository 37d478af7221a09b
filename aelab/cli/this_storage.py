"""What `aelab doctor` says of compiled programs, data and the folder of runs."""

import os
import shutil
import tempfile
from pathlib import Path

from aelab.cli.finding import Finding, size
from aelab.errors import StorageError

LARGE = 10 * 2**30  # bytes of compiled programs that are worth a word
LEAST = 2**30  # bytes on a disk that some runs fill


def findings(runs_dir: Path) -> list[Finding]:
    """The cache of programs, the data, the folder of runs."""
    import jax

    where, on = jax.config.jax_compilation_cache_dir, jax.config.jax_enable_compilation_cache  # ty: ignore[missing-attribute]
    return [cache(Path(where), on=on), own_data(), prepared(), runs(runs_dir)]


def cache(folder: Path, *, on: bool) -> Finding:
    """Where compiled programs are kept, and how many bytes they take."""
    if not on:
        return Finding("cache", "note", "off: each start compiles anew", "unset JAX_ENABLE_COMPILATION_CACHE")
    if refused := unwritable(folder):
        return Finding("cache", "note", f"{folder}: {refused}: each start compiles anew", "set XDG_CACHE_HOME")
    files = [file for file in folder.rglob("*") if file.is_file()] if folder.is_dir() else []
    taken = sum(file.stat().st_size for file in files)
    said = f"{folder}: {size(taken)} of compiled programs"
    if taken > LARGE:
        return Finding("cache", "note", said, "remove the folder, and what is still in use is compiled once more")
    return Finding("cache", "ok", said)


def own_data() -> Finding:
    """The sets that are found under AELAB_DATA_DIR."""
    from aelab.data import binarized, omniglot, series, tfds

    root = os.environ.get("AELAB_DATA_DIR")
    if not root:
        said = "AELAB_DATA_DIR is not set: sets that come with aelab, and files of your own"
        return Finding("data", "ok", said)
    if not Path(root).is_dir():
        return Finding("data", "wrong", f"AELAB_DATA_DIR: {root}: no such folder", "mend it, or unset it", 3)
    files = {"binarized_mnist": (binarized.FILE,), "omniglot_small": (omniglot.FILE,), **series.FILES}
    found = [name for name, own in files.items() if all((Path(root) / file).is_file() for file in own)]
    found += [f"tfds:{name}" for name in tfds.SETS if tfds.canonical_folder(name)]
    if not found:
        return Finding("data", "note", f"AELAB_DATA_DIR: {root}: no set that aelab knows", "see the page about data")
    return Finding("data", "ok", f"AELAB_DATA_DIR: {root}: {', '.join(sorted(found))}")


def prepared() -> Finding:
    """The sets that TFDS has prepared."""
    from aelab.data import tfds

    root = tfds.tfds_root()
    if not root.is_dir():
        return Finding("tfds", "ok", f"{root}: not there; aelab data prepare NAME makes it")
    files = (file for depth in ("*/*", "*/*/*") for file in root.glob(f"{depth}/dataset_info.json"))
    found = sorted({file.relative_to(root).parts[0] for file in files})
    return Finding("tfds", "ok", f"{root}: {', '.join(found) or 'nothing is prepared'}")


def runs(folder: Path) -> Finding:
    """Whether runs can be written, and how much room they have."""
    if refused := unwritable(folder):
        return Finding("runs", "wrong", f"{folder}: {refused}", "choose another --runs-dir", StorageError.code)
    free = shutil.disk_usage(_existing(folder)).free
    said = f"{folder.resolve()}: can be written, {size(free)} free"
    if free < LEAST:
        return Finding("runs", "note", said, "free space, or train with --keep 1")
    return Finding("runs", "ok", said)


def unwritable(folder: Path) -> str:
    """Why nothing can be written in a folder, or where it is missing, in what it would be made in; "" where it can."""
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    folder = folder.expanduser().absolute()
    return next(place for place in (folder, *folder.parents) if place.exists())
