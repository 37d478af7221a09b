"""Rows of vector-quantize-pytorch beside ours: the same net, steps and codes, trained in the peers' environment."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aelab.errors import ConfigError
from aelab.runs.atomic import write_atomically

from . import peers

SCRIPT = peers.SCRIPTS / "tokenizer.py"
LR = {"example": 3e-4, "alike": None}  # the example's own; None is ours


def require(python: Path, splits: Any, net: str) -> None:
    """Refuse what the rows of the peer cannot be made from.

    Raises:
        ConfigError: its environment is missing, or the net or the images are others than those it has.
    """
    peers.require(python)
    if net != "conv" or not peers.grey(splits.spec):
        raise ConfigError("--rivals: the peer has the net conv alone, for grey images whose sides are multiples of 4")


def scores(python: Path, runs_dir: Path, splits: Any, work: Mapping[str, Any], label: str) -> dict[str, float]:
    """The test scores of one row, trained now or read where the same row was trained before.

    Raises:
        ConfigError: the peer ended in an error, of which the last line is told.
    """
    folder = runs_dir / "tokenizers-peer"
    kept = folder / f"{peers.name(SCRIPT, work, splits.train.fingerprint)}.json"
    if kept.exists():
        return json.loads(kept.read_text())
    print(label, file=sys.stderr)
    asked = {**work, "data": str(peers.images(folder, train=splits.train, test=splits.test))}
    found = json.loads(peers.run(python, SCRIPT, asked, label).splitlines()[-1])
    write_atomically(kept, json.dumps(found).encode())
    return found
