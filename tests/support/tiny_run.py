"""A tiny run for the tests that look into its folder, and how they change what is written there."""

import json
from pathlib import Path

from aelab.runner import launch
from experiments import vae

TINY = ["--data", "digits", "--widths", "12", "--latent-dim", "3", "--batch-size", "300", "--epochs", "3"]
TINY += ["--importance-samples", "2"]


def train(folder: Path) -> Path:
    """Its folder below `folder`; trained now or before."""
    assert launch.main(vae.Config, vae.build, [*TINY, "--runs-dir", str(folder)]) == 0
    (path,) = (path.parent for path in folder.rglob("config.json"))
    return path


def edit(path: Path, name: str, change) -> None:
    """Let `change` loose on a JSON file of a run."""
    value = json.loads((path / name).read_text())
    change(value)
    (path / name).write_text(json.dumps(value))
