"""What a sweep leaves behind: `<runs_dir>/sweeps/<name>/` with a table, and a marker for every point that is done.

The runs themselves stand where single launches put them, and are the truth: a marker says that one is finished, for
`make`, and is written last.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from aelab.errors import Preempted
from aelab.experiment.scores import Score, from_json
from aelab.runs.atomic import write_atomically
from aelab.runs.folder import SCHEMA, Run
from aelab.sweeps.plan import Plan, Point


class Record:
    """The folder of a sweep and the state of its points."""

    def __init__(self, plan: Plan, runs_dir: Path, name: str, spec: str):
        self.plan, self.runs_dir, self.spec = plan, runs_dir, spec
        self.folder = Run(runs_dir / "sweeps" / (name or default_name(plan, spec)))
        self.ended: dict[str, tuple[int, str]] = {}  # exit code and reason, by name of a point
        self.dropped: dict[str, str] = {}  # why

    def marker(self, point: Point) -> Path:
        """The file that says that a point is done."""
        return self.folder.path / f"{point.name}.done"

    def log(self, point: Point) -> Path:
        """What a point's process said."""
        return self.folder.path / f"{point.name}.log"

    def end(self, point: Point, code: int = 0, reason: str = "") -> None:
        """Note how a point ended, its marker last."""
        self.ended[point.name] = (code, reason)
        if code == 0 and not self.marker(point).exists():
            write_atomically(self.marker(point), b"")
        if code:
            self.marker(point).unlink(missing_ok=True)

    def drop(self, point: Point, reason: str) -> None:
        """Note that a search does not go on with a point."""
        self.dropped[point.name] = reason

    def failed(self, point: Point) -> bool:
        """Whether a point has ended without a result."""
        return self.ended.get(point.name, (0, ""))[0] != 0

    def row(self, point: Point) -> dict[str, Any]:
        """A point in the table: what it overrides, where its run is, how it ended, its scores."""
        code, reason = self.ended.get(point.name, (None, self.dropped.get(point.name, "")))
        state = {None: "waiting", 0: "done", Preempted.code: "preempted"}.get(code, "failed")
        state = "dropped" if point.name in self.dropped else state
        summary = point.run.read("summary.json") if state == "done" else {}
        return {
            "name": point.name,
            "overrides": json.loads(json.dumps(point.override, default=str)),
            "run": point.run.path.relative_to(self.runs_dir).as_posix(),
            "state": state,
            "exit_code": code,
            "reason": reason,
            "step": summary.get("step"),
            "scores": summary.get("scores", {}),
        }

    def table(self) -> dict[str, Any]:
        """The whole of `sweep.json`."""
        head = {"schema": SCHEMA, "script": self.plan.script.name, "spec": self.spec, "swept": self.plan.swept}
        return {**head, "points": [self.row(point) for point in self.plan.points]}

    def write(self) -> dict[str, Any]:
        """Keep the table, and give it."""
        table = self.table()
        self.folder.write("sweep.json", table)
        return table


def own_scores(point: Point) -> tuple[Score, ...]:
    """The scores that the experiment of a point adds, as its run declares them; none before it has begun."""
    return from_json(point.run.read("manifest.json").get("own_scores", []))


def default_name(plan: Plan, spec: str) -> str:
    """`<script>-<fields>-<hash8>`, of what the points are, or of the spec where they are not known yet."""
    label = "-".join([plan.script.name.rpartition(".")[2], *plan.swept])[:60]
    made = " ".join(point.run.path.name for point in plan.points) or spec
    return f"{label}-{hashlib.sha256(made.encode()).hexdigest()[:8]}"
