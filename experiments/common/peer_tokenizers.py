"""Rows of vector-quantize-pytorch beside ours: the same net, steps and codes, trained in the peers' environment."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from aelab.errors import ConfigError
from aelab.runs.atomic import write_atomically

SCRIPT = Path(__file__).parents[1] / "bench" / "peers" / "tokenizer.py"
LR = {"example": 3e-4, "alike": None}  # the example's own; None is ours


def require(python: Path, splits: Any, net: str) -> None:
    """Refuse what the rows of the peer cannot be made from.

    Raises:
        ConfigError: its environment is missing, or the net or the images are others than those it has.
    """
    if not python.exists():
        raise ConfigError(f"--peers: no {python}; `make peers` makes the environment of the peers")
    height, width, channels = (*splits.spec.shape, 0, 0)[:3]
    if net != "conv" or channels != 1 or height % 4 or width % 4 or splits.spec.dtype != "uint8":
        raise ConfigError("--rivals: the peer has the net conv alone, for grey images whose sides are multiples of 4")


def scores(python: Path, runs_dir: Path, splits: Any, work: Mapping[str, Any], label: str) -> dict[str, float]:
    """The test scores of one row, trained now or read where the same row was trained before.

    Raises:
        ConfigError: the peer ended in an error, of which the last line is told.
    """
    folder = runs_dir / "tokenizers-peer"
    recipe = {**work, "set": splits.train.fingerprint, "package": SCRIPT.read_text()}
    kept = folder / f"{hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:16]}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    print(label, file=sys.stderr)
    asked = {**work, "data": str(_images(folder, splits))}
    ended = subprocess.run([python, SCRIPT, json.dumps(asked)], capture_output=True, text=True, check=False)
    if ended.returncode:
        raise ConfigError(f"{label}: {(ended.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
    found = json.loads(ended.stdout.splitlines()[-1])
    write_atomically(kept, json.dumps(found).encode())
    return found


def _images(folder: Path, splits: Any) -> Path:
    """A file of the images, for a process that knows nothing of our data."""
    path = folder / f"{splits.train.fingerprint[:16]}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        parts = {"train": splits.train, "test": splits.test}
        images = {name: source.get_batch(np.arange(len(source)))["x"][..., 0] for name, source in parts.items()}
        part = path.with_suffix(".part.npz")
        np.savez(part, **images)
        part.rename(path)
    return path
