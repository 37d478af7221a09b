"""Search by a tree-structured Parzen estimator (Bergstra et al. 2011), as Optuna has it: the extra `aelab[search]`.

Its journal stands beside the table, `optuna.log`. What was under way when a search was killed is taken up first.
"""

import importlib
import math
from collections.abc import Iterator
from functools import partial
from typing import Any

from aelab.compare.leaderboard import HIGHER
from aelab.errors import ConfigError
from aelab.sweeps import processes
from aelab.sweeps.algebra import Override
from aelab.sweeps.board import Board
from aelab.sweeps.plan import Point, point_of
from aelab.sweeps.record import Record
from aelab.sweeps.space import SEARCH_SEED, Range, Space, space


def run(
    _: list[Point],
    record: Record,
    board: Board,
    *,
    spec: str,
    smoke: bool,
    count: int,
    workers: int,
    deadline: float,
    score: str,
) -> None:
    """Ask for points, run them, tell what they came to, until there are `count`; their runs are ordinary ones.

    Raises:
        ConfigError: Optuna is not installed.
        Preempted: asked to stop.
    """
    study, over = _study(record, score), space(record.plan.script.kind, spec)
    make = partial(point_of, record.plan.script, swept=record.plan.swept, runs_dir=record.runs_dir, smoke=smoke)
    trials: dict[str, Any] = {}
    told = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    under_way = [trial for trial in study.get_trials(deepcopy=False) if not trial.state.is_finished()]
    board.done = len(told)
    for trial in told:
        _place(record, make(_override(trial.params, over)))

    def points() -> Iterator[Point]:
        for number in range(count - len(told)):
            if number < len(under_way):
                one, override = under_way[number], _override(under_way[number].params, over)
            else:
                one = study.ask()
                override = {name: _suggest(one, name, axis) for name, axis in over.items()}
            point = make(override)
            _place(record, point)
            trials.setdefault(point.name, []).append(one.number)
            if not point.run.finished:
                yield point
            tell()

    def tell() -> None:
        """All that has ended."""
        for point in record.plan.points:
            if point.run.finished and point.name not in record.ended:
                record.end(point)
            if point.name in trials and record.ended.get(point.name, (processes.PREEMPTED,))[0] != processes.PREEMPTED:
                row = record.row(point)
                for number in trials.pop(point.name):
                    _tell(study, number, row["scores"].get(score))

    processes.run(points(), record, board, workers, deadline=deadline)
    tell()


def _study(record: Record, score: str) -> Any:
    optuna = library()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal = optuna.storages.journal.JournalFileBackend(str(record.folder.path / "optuna.log"))
    study = optuna.create_study(
        storage=optuna.storages.JournalStorage(journal),
        study_name=score,
        direction="maximize" if HIGHER.fullmatch(score) else "minimize",
        load_if_exists=True,
    )
    seed = SEARCH_SEED + len(study.get_trials(deepcopy=False))  # one that goes on does not draw its first points again
    study.sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    return study


def library() -> Any:
    """Optuna, which is an extra.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return importlib.import_module("optuna")
    except ImportError:
        raise ConfigError("--search tpe: needs Optuna; pip install 'aelab[search]'") from None


def _suggest(trial: Any, name: str, axis: Range | list[Any]) -> Any:
    """A value; of a list its place is what Optuna knows, for it takes no lists as values."""
    if isinstance(axis, list):
        return axis[trial.suggest_int(name, 0, len(axis) - 1)] if len(axis) > 1 else axis[0]
    if axis.whole:
        return trial.suggest_int(name, int(axis.low), int(axis.high), log=axis.log)
    return trial.suggest_float(name, axis.low, axis.high, log=axis.log)


def _override(params: dict[str, Any], over: Space) -> Override:
    """The values behind what Optuna remembers."""
    return {name: params[name] if isinstance(axis, Range) else axis[params.get(name, 0)] for name, axis in over.items()}


def _place(record: Record, point: Point) -> None:
    if point.name not in {known.name for known in record.plan.points}:
        record.plan.points.append(point)


def _tell(study: Any, number: int, value: float | None) -> None:
    failed = value is None or not math.isfinite(value)
    study.tell(number, None if failed else value, state=library().trial.TrialState.FAIL if failed else None)
