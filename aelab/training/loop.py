"""The training loop: chunks of steps between the cadences of logging, validation and checkpoints.

The loop is a generator: it requests a chunk of steps, and whoever drives it sends back the trained state. So one loop
serves both a run with a program of its own and the runs of a population, which share one.
"""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from aelab.errors import NonFiniteError, Preempted
from aelab.training.cadence import Cadence
from aelab.training.early_stopping import Patience, best, out_of_patience
from aelab.training.metrics import HELP, Sums, add_chunk, means
from aelab.training.state import State
from aelab.training.step import Metrics

Ended = TypeVar("Ended")


class ChunkRequest(NamedTuple):
    """Train `length` steps from `step` on. The state may be donated: the loop goes on with what is sent back."""

    state: State
    step: int
    length: int


Trained = tuple[State, Metrics]  # after a chunk, and the metrics of each of its steps
ChunkRequests = Generator[ChunkRequest, Trained, Ended]


class Hooks(NamedTuple):
    """What the loop calls when something is due, or has gone wrong."""

    validate: Callable[[State], dict[str, float]] | None  # mean nats per example
    record: Callable[[dict[str, Any]], None]  # a row of metrics
    save: Callable[[State, Sums], None]  # a checkpoint, with the sums of an unfinished epoch
    probe: Callable[[State], None]  # digest the state
    best: Callable[[State, float], None]  # keep a state, whose validation loss is the lowest so far
    finite: Callable[[State], bool]  # whether all of a state is
    skipped: Callable[[int, Sums], None]  # a step was not finite and was left out; its sums, as they came
    tick: Callable[[int, Sums], None]  # after every chunk: progress, with the sums of the epoch so far
    stopping: Callable[[], bool]  # somebody asked to stop
    settle: Callable[[State], State] | None = None  # at the end: the state that the run ends with


def drive(requests: ChunkRequests[Ended], train: Callable[[ChunkRequest], Trained]) -> Ended:
    """Train every chunk that a loop requests, and give its result; an error of `train` is raised inside the loop."""
    try:
        request = next(requests)
        while True:
            try:
                trained = train(request)
            except BaseException as error:
                request = requests.throw(error)
            else:
                request = requests.send(trained)
    except StopIteration as end:
        return end.value


def fit(
    state: State,
    sums: Sums,
    rows: Sequence[Mapping[str, Any]],
    cadence: Cadence,
    hooks: Hooks,
    patience: int | Patience = 0,
) -> ChunkRequests[tuple[State, list]]:
    """Train from `state` to the end of the cadence, or until `patience` evaluations brought nothing better.

    `sums` and `rows` are what an interrupted run left: with them the rest repeats an uninterrupted one bit for bit.
    The metrics of a chunk are read while the next one runs.

    Raises:
        NonFiniteError: a loss or a number of the state was NaN or infinite; names the step.
        Preempted: asked to stop, after saving.
    """
    step, pending, rows = int(state.step), None, list(rows)
    while step < cadence.end and not out_of_patience(rows, patience):
        end = cadence.next(step)
        state, metrics = yield ChunkRequest(state, step, end - step)
        if pending:
            sums = add_chunk(sums, *pending, hooks.skipped)
        pending, step = (step, metrics), end
        stopping = hooks.stopping()
        if stopping or any(cadence.due(step, every) for every in (cadence.row, cadence.evaluate, cadence.save)):
            sums, pending = add_chunk(sums, *pending, hooks.skipped), None
            state, sums = _milestone(state, step, sums, rows, cadence, hooks, patience)
        elif cadence.probed(step):
            hooks.probe(state)
        hooks.tick(step, sums)
        if stopping and step < cadence.end and not out_of_patience(rows, patience):
            hooks.save(state, sums)
            raise Preempted(f"stopped at step {step} after saving; the same command goes on from there")
    return state, rows


def _milestone(
    state: State, step: int, sums: Sums, rows: list, cadence: Cadence, hooks: Hooks, patience: int | Patience
) -> tuple[State, Sums]:
    """Log, validate and save what is due at this step; gives the state and the sums that go on.

    Nothing that is not finite gets further. At the end of the training, the state is what the run settles on.
    """

    def record(split: str, values: Mapping[str, float]) -> None:
        rows.append({"step": step, "epoch": step / cadence.epoch, "split": split, **values})
        hooks.record(rows[-1])

    if not hooks.finite(state):
        raise NonFiniteError(f"the state is not finite at step {step}; {HELP}", step - 1)
    if cadence.due(step, cadence.row):
        if not sums["count"]:
            raise NonFiniteError(f"no step was finite in the epoch up to step {step}; {HELP}", step - 1)
        record("train", means(sums))
        sums = {}
    if hooks.validate and cadence.due(step, cadence.evaluate):
        record("validation", _finite(hooks.validate(state), step))
        if best(rows) == rows[-1]:
            hooks.best(state, rows[-1]["loss"])
    ended = out_of_patience(rows, patience)
    settled = hooks.settle is not None and (ended or step == cadence.total)
    state = hooks.settle(state) if hooks.settle and settled else state
    if settled or cadence.probed(step):
        hooks.probe(state)
    if ended or cadence.due(step, cadence.save):
        hooks.save(state, sums)
    return state, sums


def _finite(values: Mapping[str, float], step: int) -> Mapping[str, float]:
    for name, value in values.items():
        if not math.isfinite(value):
            raise NonFiniteError(f"validation {name} is not finite at step {step}; {HELP}", step - 1)
    return values
