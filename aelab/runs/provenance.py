"""Where a run comes from: command, code, packages, machine and settings; and how two such records differ."""

import contextlib
import hashlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from aelab.config import JOINING, flags
from aelab.devices.startup import cores
from aelab.runs import scripts

PACKAGES = ("aelab", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")
SETTINGS = ("default_prng_impl", "threefry_partitionable", "default_matmul_precision", "enable_x64")
ROOT = Path(__file__).parents[2]  # of the checkout, or the folder of installed packages
# The widest vector units of a processor, as Linux names them: XLA compiles for them, and sums in their width.
ISA = ("amx_tile", "avx512f", "avx2", "avx", "sse4_2", "sve", "asimd")


def fingerprint() -> dict[str, Any]:
    """Code, packages, machine and settings: equal fingerprints give equal bits from equal seeds."""
    import jax

    devices = jax.local_devices()
    return {
        "code": code(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "isa": isa(),
            "cores": cores(),
            "platform": devices[0].platform,
            "device": devices[0].device_kind,
            "devices": len(devices),
        },
        "settings": {
            **{name: str(getattr(jax.config, f"jax_{name}")) for name in SETTINGS},
            "xla_flags": " ".join(sorted(os.environ.get("XLA_FLAGS", "").split())),
        },
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def isa() -> str:
    """The first of `ISA` that the processor has."""
    with contextlib.suppress(OSError):
        words = set(Path("/proc/cpuinfo").read_text().split())
        return next((name for name in ISA if name in words), platform.machine())
    return platform.machine()


def code() -> dict[str, Any]:
    """sha256 of the sources, and the commit of their checkout; `changes_sha256` where that is not all there is.

    A process looks once, for it runs what it has read: the members of a population share the answer.
    """
    return dict(_code(ROOT))


@cache  # by the folder, which a test may change
def _code(root: Path) -> dict[str, Any]:
    digest = hashlib.sha256()
    for name, path in sorted(sources().items()):
        digest.update(f"{name} ".encode() + path.read_bytes())
    patch = changes()
    return {
        "sha256": digest.hexdigest(),
        "commit": _git("rev-parse", "HEAD").strip() if patch is not None else None,
        "changes_sha256": hashlib.sha256(patch.encode()).hexdigest() if patch else None,
    }


def sources() -> dict[str, Path]:
    """The files of the library and of its scripts by name, the same in a checkout and as a wheel installs them.

    Without what is in one of the two alone: `experiments/bench`, and the file that leads to a checkout's scripts.
    """
    library = {path.relative_to(ROOT).as_posix(): path for path in (ROOT / "aelab").rglob("*.py")}
    own = {path.relative_to(scripts.FOLDER).as_posix(): path for path in scripts.FOLDER.rglob("*.py")}
    inside = {name: path for name, path in library.items() if not name.startswith("aelab/experiments")}
    return inside | {f"experiments/{name}": path for name, path in own.items() if not name.startswith("bench/")}


def changes() -> str | None:
    """The patch from the commit to the sources as they are, new files included; None outside a checkout of its own."""
    return _changes(ROOT)


@cache  # likewise
def _changes(root: Path) -> str | None:
    if not (root / ".git").exists():
        return None
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        new = _git("ls-files", "--others", "--exclude-standard", "--", "aelab", "experiments").splitlines()
        added = [_git("diff", "--no-index", "--", os.devnull, name, allowed=(0, 1)) for name in new]
        return "".join([_git("diff", "--binary", "HEAD"), *added])
    return None


def _git(*words: str, allowed: tuple[int, ...] = (0,)) -> str:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, errors="replace")
    if done.returncode not in allowed:
        raise subprocess.CalledProcessError(done.returncode, words)
    return done.stdout


def command() -> str:
    """The command line that repeats this process, as a person would type it; which processes it met is left out."""
    import shlex

    main = sys.modules["__main__"]
    name = main.__spec__.name.removesuffix(".__main__") if main.__spec__ else None
    argv = flags.without(sys.argv, JOINING)
    if name == "aelab" or Path(argv[0]).name == "aelab":
        return shlex.join(["aelab", *argv[1:]])
    words = ["python", "-m", name, *argv[1:]] if name else ["python", *argv]
    return shlex.join(words)


def differences(there: Any, here: Any, name: str = "") -> Iterator[str]:
    """One line, `name: there, here`, for every entry that two records do not share."""
    if isinstance(there, Mapping) and isinstance(here, Mapping):
        for key in {**there, **here}:
            yield from differences(there.get(key), here.get(key), f"{name}.{key}" if name else str(key))
    elif there != here:
        yield f"{name}: {_short(there)} there, {_short(here)} here"


def _short(value: Any) -> str:
    said = str(value)
    return said if len(said) <= 40 else f"{said[:12]}…"
