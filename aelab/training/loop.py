"""The training loop: chunks of steps between the cadences of logging, validation and checkpoints.

It asks for its chunks and does not say who trains them: one run has a program of its own, a population shares one.
"""

import math
import operator
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple, TypeVar

import jax
import numpy as np

from aelab.errors import NonFiniteError, Preempted
from aelab.training.state import PyTree, State
from aelab.training.step import Metrics

HELP = "try a smaller --lr, --clip 1 or a --warmup"
Sums = dict[str, float]  # what an epoch has added up so far: `count` and nats by name
Ended = TypeVar("Ended")


class Ask(NamedTuple):
    """Train `length` steps from `step` on; the state is given away, and the answer is `(state, metrics)`."""

    state: State
    step: int
    length: int


Answer = tuple[State, Metrics]
Asking = Generator[Ask, Answer, Ended]


class Cadence(NamedTuple):
    """When things happen, in steps."""

    total: int
    epoch: int
    chunk: int
    evaluate: int
    save: int
    probes: tuple[int, ...] = ()  # single steps after which the state is digested
    until: int = 0  # stop here, though the run is planned to `total`; 0 is `total`

    @property
    def end(self) -> int:
        return min(self.until or self.total, self.total)

    def next(self, step: int) -> int:
        """The end of the chunk that starts at `step`: no chunk crosses anything that is due.

        A chunk with a probe inside is taken in single steps: one more program to compile, whatever the probes.
        """
        ends = [step + every - step % every for every in (self.epoch, self.evaluate, self.save)]
        ends.append(step + self.chunk - (step % self.epoch) % self.chunk)
        end, start = min(*ends, self.total), step - (step % self.epoch) % self.chunk
        return step + 1 if any(start < probe < end for probe in (*self.probes, self.end)) else end

    def spans(self, step: int) -> Iterator[tuple[int, int]]:
        """First step and length of every chunk from `step` to the end."""
        while step < self.end:
            end = self.next(step)
            yield step, end - step
            step = end

    def due(self, step: int, every: int) -> bool:
        return step % every == 0 or step == self.total

    def probed(self, step: int) -> bool:
        """Whether the state after `step` belongs to the chain of digests."""
        return step in self.probes or self.due(step, self.save) or step == self.end


def choose_chunk(epoch: int, most: int = 100) -> int:
    """Steps of a chunk: the largest divisor of an epoch's that is at most `most`, so that one program serves all.

    Where every divisor is small, `most`: a second program for the rest of an epoch is cheaper than many calls.
    """
    best = max(n for n in range(1, min(epoch, most) + 1) if epoch % n == 0)
    return best if best >= min(epoch, 16) else most


class Hooks(NamedTuple):
    """What the loop does to the world."""

    validate: Callable[[PyTree, int], dict[str, float]] | None  # (params, step): mean nats per example
    record: Callable[[dict[str, Any]], None]  # a row of metrics
    save: Callable[[State, Sums], None]  # a checkpoint, with the sums of an unfinished epoch
    probe: Callable[[State], None]  # digest the state
    best: Callable[[State, float], None]  # keep a state, whose validation loss is the lowest so far
    finite: Callable[[State], bool]  # whether all of a state is
    skipped: Callable[[int], None]  # a step was not finite and was left out
    tick: Callable[[int, Sums], None]  # after every chunk: progress, with the sums of the epoch so far
    stopping: Callable[[], bool]  # somebody asked to stop


def drive(asking: Asking[Ended], train: Callable[[Ask], Answer]) -> Ended:
    """What a loop gives in the end, its chunks trained one after another; it hears of what goes wrong with them."""
    try:
        ask = next(asking)
        while True:
            try:
                answer = train(ask)
            except BaseException as error:
                ask = asking.throw(error)
            else:
                ask = asking.send(answer)
    except StopIteration as end:
        return end.value


def fit(
    state: State,
    sums: Sums,
    rows: Sequence[Mapping[str, Any]],
    cadence: Cadence,
    hooks: Hooks,
    patience: int = 0,
) -> Asking[tuple[State, list]]:
    """Train from `state` to the end of the cadence, or until `patience` evaluations brought nothing better.

    `sums` and `rows` are what an interrupted run left: with them the rest repeats an uninterrupted one bit for bit.
    The metrics of a chunk are read while the next one runs.

    Raises:
        NonFiniteError: a loss or a number of the state was NaN or infinite; names the step.
        Preempted: asked to stop, after saving.
    """
    step, pending, rows = int(state.step), None, list(rows)
    while step < cadence.end and not exhausted(rows, patience):
        end = cadence.next(step)
        state, metrics = yield Ask(state, step, end - step)
        if pending:
            sums = add(sums, *pending, hooks.skipped)
        pending, step = (step, metrics), end
        stopping = hooks.stopping()
        if stopping or any(cadence.due(step, every) for every in (cadence.epoch, cadence.evaluate, cadence.save)):
            sums, pending = add(sums, *pending, hooks.skipped), None
            sums = _milestone(state, step, sums, rows, cadence, hooks, patience)
        elif cadence.probed(step):
            hooks.probe(state)
        hooks.tick(step, sums)
        if stopping and step < cadence.end and not exhausted(rows, patience):
            hooks.save(state, sums)
            raise Preempted(f"stopped at step {step} after saving; the same command goes on from there")
    return state, rows


def _milestone(state: State, step: int, sums: Sums, rows: list, cadence: Cadence, hooks: Hooks, patience: int) -> Sums:
    """Log, validate and save what is due at this step; the sums that go on. Nothing that is not finite gets further."""

    def record(split: str, values: Mapping[str, float]) -> None:
        rows.append({"step": step, "epoch": step / cadence.epoch, "split": split, **values})
        hooks.record(rows[-1])

    if not hooks.finite(state):
        raise NonFiniteError(f"the state is not finite at step {step}; {HELP}", step - 1)
    if cadence.due(step, cadence.epoch):
        if not sums["count"]:
            raise NonFiniteError(f"no step was finite in the epoch up to step {step}; {HELP}", step - 1)
        record("train", {name: total / sums["count"] for name, total in sums.items() if name != "count"})
        sums = {}
    if hooks.validate and cadence.due(step, cadence.evaluate):
        record("validation", _finite(hooks.validate(state.params, step), step))
        if best(rows) == rows[-1]:
            hooks.best(state, rows[-1]["loss"])
    if cadence.probed(step):
        hooks.probe(state)
    if cadence.due(step, cadence.save) or exhausted(rows, patience):
        hooks.save(state, sums)
    return sums


def add(sums: Sums, first: int, metrics: Metrics, skipped: Callable[[int], None] = lambda step: None) -> Sums:
    """`sums` plus those of a chunk that starts at step `first`, in float64 and in the order of the steps.

    Raises:
        NonFiniteError: a sum is NaN or infinite.
    """
    metrics = jax.device_get(metrics)
    loss = {"loss" if player == "model" else f"{player}_loss": v for player, v in metrics.loss.items()}
    steps = {"count": metrics.count, **loss, **metrics.terms}
    for name, values in steps.items():
        if not np.isfinite(values).all():
            bad = first + int(np.argmin(np.isfinite(values)))
            raise NonFiniteError(f"{name} is not finite at step {bad}; {HELP}", bad)
    for i in np.flatnonzero(metrics.count == 0):
        skipped(first + int(i))
    # one by one from the left, so that the length of a chunk changes no bit
    return {name: reduce(operator.add, values.tolist(), sums.get(name, 0.0)) for name, values in steps.items()}


def _finite(values: Mapping[str, float], step: int) -> Mapping[str, float]:
    for name, value in values.items():
        if not math.isfinite(value):
            raise NonFiniteError(f"validation {name} is not finite at step {step}; {HELP}", step - 1)
    return values


def best(rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The row of the lowest validation loss, the earliest of equal ones."""
    return min((row for row in rows if row["split"] == "validation"), key=lambda row: row["loss"])


def exhausted(rows: Sequence[Mapping[str, Any]], patience: int) -> bool:
    """Whether the last `patience` validation losses are no better than the best before them; never for 0."""
    losses = [row["loss"] for row in rows if row["split"] == "validation"]
    return 0 < patience < len(losses) and min(losses[-patience:]) >= min(losses[:-patience])
