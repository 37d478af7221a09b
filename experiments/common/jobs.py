"""The runs behind a table: trained here one after the other, or several at a time, each on a core of its own."""

import dataclasses
import os
import re
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from aelab.config import Config
from aelab.errors import ConfigError, DataError
from aelab.runner import launch
from aelab.runs import scripts
from aelab.runs.folder import Run
from aelab.sweeps import processes
from aelab.sweeps.plan import Plan, Point, Script, plan_points, point_of
from aelab.sweeps.record import Record, default_name
from aelab.sweeps.run import finish, verdict
from aelab.sweeps.scripts import script_of

from .tasks import Task


class Job(NamedTuple):
    """One run that a table needs."""

    label: str  # a few words for stderr and for the name of a point
    script: Any  # module of a script of one run
    config: Config


def finished(name: str, task: Task, jobs: Sequence[Job]) -> list[Run]:
    """Bring the jobs of a task to their end and return their runs in order; runs that are finished stay as they are.

    With `--workers` above 1 they are the points of a sweep, `<runs_dir>/sweeps/<script>-…`. Where the system can keep a
    process on one core, its processes add up numbers in the order of `--deterministic`.

    Raises:
        SweepError: some runs failed.
        Preempted: the process was asked to stop; all runs under way have saved.
        AelabError: anything else a user can cause.
    """
    if task.workers == 1 or task.smoke:
        return [_train(task, job) for job in jobs]
    from aelab.devices import startup

    startup.start()  # the task reads the runs, and so computes, in this process
    _side_by_side(name, task.runs_dir, task.workers, jobs)
    return [launch.run_of(scripts.name_of(job.script), job.config) for job in jobs]


def _train(task: Task, job: Job) -> Run:
    print(job.label, file=sys.stderr)
    try:
        return launch.train(scripts.name_of(job.script), job.config, job.script.build)
    except (ConfigError, DataError) as error:
        error.args = (said_of_a_run(task, job, str(error)),)
        raise


def said_of_a_run(task: Task, job: Job, line: str) -> str:
    """An error line of a run; one about a flag that the script of the table lacks says whose flag it is."""
    flag = re.match(r"--([a-z-]+)", line)
    if flag is None or hasattr(task, flag[1].replace("-", "_")):
        return line
    return f"{job.label}, a run of {scripts.name_of(job.script)}: {line}"


def _side_by_side(name: str, runs_dir: Path, workers: int, jobs: Sequence[Job]) -> None:
    plan = plan_jobs(name, runs_dir, jobs)
    record = Record(plan, runs_dir, default_name(plan, ""), "")
    drive = partial(processes.run, workers=workers)
    table = finish(record, drive, total=len(plan.points), workers=workers)
    if error := verdict(table):
        raise error


def plan_jobs(name: str, runs_dir: Path, jobs: Sequence[Job]) -> Plan:
    """The jobs as points of one sweep, of whatever scripts they are; jobs of the same run are one point."""
    return plan_points(Script(name, Config, None), (_point(job, runs_dir) for job in jobs))


def _point(job: Job, runs_dir: Path) -> Point:
    point = point_of(script_of(job.script), _override(job.config), (), runs_dir, smoke=False, unless_said={})
    label = re.sub(r"[^A-Za-z0-9.+]+", "-", job.label)
    return point._replace(name=f"{label}-{point.name}")


def _override(config: Config) -> dict[str, Any]:
    """The fields that differ from the script's defaults, and `deterministic` where a process can have one core."""
    fields = {field.name: (getattr(config, field.name), field.default) for field in dataclasses.fields(config)}
    own = {name: value for name, (value, default) in fields.items() if value != default and name != "runs_dir"}
    return own | ({"deterministic": True} if hasattr(os, "sched_setaffinity") else {})
