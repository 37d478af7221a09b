"""A sweep as a job array of Slurm: a task for each point, and the table as a job that waits for all of them.

With populations, a task is a program: a sweep of its own, of the points that train together in it.
"""

import json
import pprint
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from aelab.errors import LostError, Preempted
from aelab.runs import scripts
from aelab.runs.atomic import write_atomically
from aelab.sweeps.board import Board
from aelab.sweeps.plan import Point
from aelab.sweeps.populations import programs
from aelab.sweeps.processes import said_last
from aelab.sweeps.record import Record

ARRAY = """\
#!/bin/bash
#SBATCH --job-name={name}
#SBATCH --array=0-{last}
#SBATCH --ntasks=1
#SBATCH --signal=TERM@120
#SBATCH --requeue --open-mode=append
#SBATCH --output=/dev/null
cd {here}
case "$SLURM_ARRAY_TASK_ID" in
{points}
esac
srun "$@" >> "$log" 2>&1 || code=$?
if [ "${{code:-0}}" = 75 ]; then scontrol requeue "$SLURM_JOB_ID"; fi
exit "${{code:-0}}"
"""

TABLE = """\
#!/bin/bash
#SBATCH --job-name={name}-table
#SBATCH --ntasks=1
#SBATCH --output={output}
cd {here}
exec {command}
"""

SUBMIT = """\
#!/bin/bash
# Submits all points, and the table behind them; what follows this script's name goes to sbatch, for the points.
set -e
job=$(sbatch --parsable "$@" {array})
sbatch --parsable --dependency="afterany:${{job%%;*}}" {table} > /dev/null
echo "job ${{job%%;*}}"
"""


def write(record: Record, command: Sequence[str], population: int = 0) -> Path:
    """Write the scripts of a sweep into its folder; gives the one that submits the others.

    Points that are done have no task. `command` is what follows `python` for the same sweep, without its way to run.
    With a `population`, so many points at most are a program, if they can train together.
    """
    folder, points = record.folder.path.absolute(), [p for p in record.plan.points if not p.run.finished]
    given = {"name": shlex.quote(f"aelab-{folder.name}"), "here": shlex.quote(str(Path.cwd()))}
    table = shlex.join([sys.executable, *command, "--table"])
    array, behind, submit = (folder / f"{name}.sh" for name in ("array", "table", "submit"))
    groups = list(programs(points, population)) if population else [[point] for point in points]
    with record.folder.locked():
        record.write()
        tasks = [_task(record, i, group) for i, group in enumerate(groups)]
        _script(array, ARRAY.format(**given, last=len(tasks) - 1, points="\n".join(tasks)))
        _script(behind, TABLE.format(**given, output=shlex.quote(str(folder / "table.log")), command=table))
        _script(submit, SUBMIT.format(array=shlex.quote(str(array)), table=shlex.quote(str(behind))))
    return submit


def _task(record: Record, number: int, points: Sequence[Point]) -> str:
    """What a task does. Points that share it share what it says: their logs are one file."""
    log, *others = (shlex.quote(str(record.log(point).absolute())) for point in points)
    links = "".join(f" ln -f {log} {other};" for other in others)
    command = _program(record, number, points) if others else points[0].command
    return f"  {number}) log={log}; : >> {log};{links} set -- {shlex.join([sys.executable, *command])} ;;"


def _program(record: Record, number: int, points: Sequence[Point]) -> list[str]:
    """The command that trains points together: a sweep of those that are listed in a file of their own."""
    folder, script = record.folder.path.absolute(), record.plan.script
    listed = folder / f"program{number}.py"
    overrides = json.loads(json.dumps([point.override for point in points], default=str))
    write_atomically(listed, f"points = {pprint.pformat(overrides, sort_dicts=False)}\n".encode())
    words = ["-m", f"{scripts.package()}.sweep", scripts.short(script.name) or script.start[-1], str(listed)]
    words += ["--name", f"{folder.name}.program{number}", "--runs-dir", str(record.runs_dir), "--yes"]
    return [*words, "--population", str(len(points)), *(["--smoke"] if points[0].config.smoke else [])]


def _script(path: Path, text: str) -> None:
    write_atomically(path, text.encode())
    path.chmod(0o755)


def collect(points: Sequence[Point], record: Record, board: Board) -> None:
    """Note how points stand that were run elsewhere; nothing is trained."""
    for point in points:
        stands = point.run.read("status.json")
        state, reason = stands.get("state"), stands.get("reason", "")
        if state == "preempted":
            record.end(point, Preempted.code, reason)
        elif state == "failed":
            record.end(point, 1, reason)
        elif state == "running" and not point.run.in_use:
            record.end(point, LostError.code, "ended without a word")
        elif not state and (said := said_last(record, point)):
            record.end(point, 1, said)
