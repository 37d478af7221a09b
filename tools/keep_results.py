"""Keep what stands behind the numbers of a document: `python tools/keep_results.py results/NAME.json RUN…`.

A row for each run: command, seed, scores, the sha256 of its parameters and its manifest, with the digests of the first
steps, by which `aelab reproduce` and the tests repeat it. No pictures and no weights.
"""

import json
import re
import sys
from pathlib import Path

from aelab.runs.strict import strict

FIRST = 100  # steps whose digests are kept, beside those of the last


def without_folder(command: str) -> str:
    return re.sub(r" --runs-dir \S+", "", command)


def row(run: Path) -> dict:
    """What is kept of a finished run."""
    made = json.loads((run / "manifest.json").read_text())
    last = max(entry["step"] for entry in made["digests"])
    made["digests"] = [entry for entry in made["digests"] if entry["step"] <= FIRST or entry["step"] == last]
    del made["layers"]
    for session in made["sessions"]:  # where somebody kept their runs is nobody's business
        session["how"].pop("runs_dir")
        session["command"] = without_folder(session["command"])
    made["command"] = without_folder(made["command"])
    first = {name: made[name] for name in ("command", "seed", "scores", "params_sha256")}
    return {**first, "manifest": made}


if __name__ == "__main__":
    target, *runs = map(Path, sys.argv[1:])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(strict({"rows": [row(run) for run in runs]}, target, indent=1))
