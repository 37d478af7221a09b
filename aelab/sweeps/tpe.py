"""Search by a tree-structured Parzen estimator (Bergstra et al. 2011), as Optuna has it: the extra `aelab[search]`.

Its journal stands beside the table, `optuna.log`. What was under way when a search was killed is taken up first.
"""

import importlib
import math
from collections.abc import Iterator
from functools import partial
from typing import Any

from aelab.errors import ConfigError, Preempted
from aelab.experiment.scores import find, full_name, usual
from aelab.sweeps import processes
from aelab.sweeps.algebra import Override
from aelab.sweeps.board import Board
from aelab.sweeps.plan import Point, point_of
from aelab.sweeps.record import Record, own_scores
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
    search = Search(record, spec, smoke, score)
    board.done = len(search.told)
    processes.run(search.points(count), record, board, workers, deadline=deadline)
    search.tell()


class Search:
    """A study of Optuna over the points of a sweep: it is asked for settings and told their scores."""

    def __init__(self, record: Record, spec: str, smoke: bool, score: str):
        self.record, self.score = record, score
        self.study, self.space = _study(record, score), space(record.plan.script.kind, spec)
        plan, runs_dir = record.plan, record.runs_dir
        self.point = partial(point_of, plan.script, swept=plan.swept, runs_dir=runs_dir, smoke=smoke)
        trials = self.study.get_trials(deepcopy=False)
        self.told = [trial for trial in trials if trial.state.is_finished()]
        self.under_way = [trial for trial in trials if not trial.state.is_finished()]
        self.numbers: dict[str, list[int]] = {}  # of the trials that wait for a score, by name of their point
        for trial in self.told:
            _place(record, self.point(_override(trial.params, self.space)))

    def points(self, count: int) -> Iterator[Point]:
        """The points to run, those first that were under way when the search was last stopped."""
        for i in range(count - len(self.told)):
            number, override = self._resumed(self.under_way[i]) if i < len(self.under_way) else self._asked()
            point = self.point(override)
            _place(self.record, point)
            self.numbers.setdefault(point.name, []).append(number)
            if not point.run.finished:
                yield point
            self.tell()

    def _resumed(self, trial: Any) -> tuple[int, Override]:
        return trial.number, _override(trial.params, self.space)

    def _asked(self) -> tuple[int, Override]:
        trial = self.study.ask()
        return trial.number, {name: _suggest(trial, name, axis) for name, axis in self.space.items()}

    def tell(self) -> None:
        """Tell the scores of all points that have ended since the last time."""
        for point in self.record.plan.points:
            if point.run.finished and point.name not in self.record.ended:
                self.record.end(point)
            code, _ = self.record.ended.get(point.name, (Preempted.code, ""))
            if point.name in self.numbers and code != Preempted.code:
                value = self._value(point)
                for number in self.numbers.pop(point.name):
                    _tell(self.study, number, value)

    def _value(self, point: Point) -> float | None:
        """What a point came to, as the study counts: one's own score of which more is better comes with a minus."""
        scores, own = self.record.row(point)["scores"], own_scores(point)
        value = scores.get(full_name(self.score, scores, own))
        turned = not usual(self.score) and find(self.score, own).direction == "higher"
        return -value if turned and value is not None else value


def _study(record: Record, score: str) -> Any:
    """A study of a score; which way an experiment's own score goes is known from its runs alone, so it minimises."""
    optuna = library()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal = optuna.storages.journal.JournalFileBackend(str(record.folder.path / "optuna.log"))
    study = optuna.create_study(
        storage=optuna.storages.JournalStorage(journal),
        study_name=score,
        direction="maximize" if find(score).direction == "higher" else "minimize",
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
