"""`aelab info`: which runs there are."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aelab.cli.fields import RunPathsOrNone, Switch, Trusting
from aelab.experiment.scores import USUAL
from aelab.runs.below import runs_below
from aelab.runs.folder import Run


@dataclass(frozen=True)
class Info(Trusting):
    """List runs: state, step, test score in nats per example, size on disk."""

    paths: RunPathsOrNone = (Path("runs"),)  # run folders, or folders of them
    json: Switch = False  # one JSON object a line

    def run(self) -> None:
        runs = runs_below(self.paths)
        if not runs:
            print(
                f"{', '.join(map(str, self.paths))}: no run in it; train one, or name where runs are", file=sys.stderr
            )
        rows = map(describe, runs)
        if self.json:
            for row in rows:
                print(json.dumps(row))
        else:
            _print_table(list(rows))


def describe(run: Run) -> dict[str, Any]:
    """A run as JSON values: folder, state, step, scores, bytes on disk; None where the run has not said it yet."""
    status = run.read("status.json")
    return {
        "run": str(run.path),
        "state": status.get("state"),
        "step": status.get("step"),
        "scores": run.read("summary.json").get("scores", {}),
        "bytes": sum(file.lstat().st_size for file in run.path.rglob("*") if file.is_file()),
    }


def _print_table(rows: Sequence[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("run", "state", "step", "score", "size")
    for row in rows:
        scores = row["scores"]
        name = next((name for name in USUAL if name in scores), None)
        score = f"{name} {scores[name]:.2f}" if name else ""
        state, step = row["state"] or "new", str(row["step"] or 0)
        table.add_row(row["run"], state, step, score, f"{row['bytes'] / 2**20:.1f} MiB")
    Console(width=None if sys.stdout.isatty() else 200).print(table)
