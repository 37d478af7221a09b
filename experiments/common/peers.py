"""What rows from the environment of the peers share: is it there, the images for it, and a script that runs in it."""

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from aelab.errors import ConfigError

SCRIPTS = Path(__file__).parents[1] / "bench" / "peers"


def require(python: Path) -> None:
    """
    Raises:
        ConfigError: the environment is missing.
    """
    if not python.exists():
        raise ConfigError(f"--peers: no {python}; `make peers` makes the environment of the peers")


def grey(spec: Any) -> bool:
    """Whether the peers' nets take such events: grey images of bytes, whose sides two stages can halve."""
    height, width, channels = (*spec.shape, 0, 0)[:3]
    return channels == 1 and not height % 4 and not width % 4 and spec.dtype == "uint8"


def name(script: Path, work: Mapping[str, Any], fingerprint: str) -> str:
    """Of what is kept of some work: another script, another set or other work have another name."""
    recipe = {**work, "set": fingerprint, "package": script.read_text()}
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]


def run(python: Path, script: Path, work: Mapping[str, Any], label: str) -> str:
    """What the script printed.

    Raises:
        ConfigError: it ended in an error, of which the last line is told.
    """
    ended = subprocess.run([python, script, json.dumps(work)], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise ConfigError(f"{label}: {(ended.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
    return ended.stdout


def images(folder: Path, **sources: Any) -> Path:
    """A file of the images of some sources by name, for a process that knows nothing of our data."""
    path = folder / f"{next(iter(sources.values())).fingerprint[:16]}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        found = {name: source.get_batch(np.arange(len(source)))["x"][..., 0] for name, source in sources.items()}
        part = path.with_suffix(".part.npz")
        np.savez(part, **found)
        part.rename(path)
    return path
