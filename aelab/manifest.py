"""What a run was made from: command, code, packages, machine, data."""

import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("aelab", "jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy")


def fingerprint() -> dict[str, Any]:
    """Code, packages and machine: equal fingerprints give equal bits from equal seeds."""
    import jax

    devices = jax.local_devices()
    return {
        "git": git_commit(),
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in PACKAGES},
        "platform": {
            "system": f"{platform.system()} {platform.machine()}",
            "cores": _cores(),
            "device": devices[0].device_kind,
            "devices": len(devices),
            "prng": str(jax.config.jax_default_prng_impl),  # ty: ignore[missing-attribute]
            "matmul_precision": str(jax.config.jax_default_matmul_precision),  # ty: ignore[missing-attribute]
        },
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cores() -> int:
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def git_commit() -> dict[str, Any] | None:
    """The commit of the checkout this code runs from and whether it is changed; None outside one."""
    here = Path(__file__).parent.parent

    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", str(here), *words], capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != here.resolve():
            return None
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "--untracked-files=no"))}
    except (OSError, subprocess.CalledProcessError):
        return None


def command() -> str:
    """The command line that repeats this process, as a person would type it."""
    import shlex

    main = sys.modules["__main__"]
    name = main.__spec__.name.removesuffix(".__main__") if main.__spec__ else None
    words = ["python", "-m", name, *sys.argv[1:]] if name else ["python", *sys.argv]
    return shlex.join(words)
