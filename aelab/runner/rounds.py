"""The rounds of a population: each trains one chunk of the members that are furthest behind."""

import contextlib
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from aelab.errors import AelabError, Preempted
from aelab.runner.members import PopulationTrainer
from aelab.runner.progress import MemberProgress, ScreenProgress
from aelab.runner.run import TrainingRun
from aelab.runner.stop import StopRequest
from aelab.runs.folder import Run
from aelab.training.loop import ChunkRequest


class Member(NamedTuple):
    """An unfinished run of a population: its position among the configs, its folder and what trains in it."""

    position: int
    run: Run
    training: TrainingRun


class Rounds:
    """Trains the members of a population chunk by chunk, and keeps the result or the error of each."""

    def __init__(
        self,
        members: list[Member],
        trainer: PopulationTrainer,
        outcome: list,
        progress: ScreenProgress,
        stop: StopRequest,
    ):
        self.members, self.trainer, self.outcome, self.progress, self.stop = members, trainer, outcome, progress, stop
        self.logs = [
            MemberProgress(member.training.trainer.feed.batch_size, member.run.log, progress, member.run.path.name)
            for member in members
        ]
        self.loops = [member.training.train(log, stop) for member, log in zip(members, self.logs, strict=True)]
        self.requests: dict[int, ChunkRequest] = {}  # of the members that still train, the chunk that each requests
        self.ended: dict[int, Any] = {}  # of those that have trained to their end, the last state and rows of metrics

    def run(self) -> None:
        """Train all, then score and draw one after the other.

        Raises:
            Preempted: asked to stop; all are saved.
        """
        with contextlib.ExitStack() as stack:
            for loop in self.loops:
                stack.callback(loop.close)
            for i, loop in enumerate(self.loops):
                self._next(i, partial(next, loop))
            self.progress.start(self._steps())
            while self.requests:
                self._train_chunk()
        for i, (state, rows) in self.ended.items():
            self.progress.phase(f"scoring {self.members[i].run.path.name}")
            conclude = self.members[i].training.conclude
            self._guard(i, lambda: conclude(state, rows, self.logs[i], self.stop))  # noqa: B023
            if self.outcome[self.members[i].position] is None:
                self.progress.say(f"done: {self.members[i].run.path}")
        if any(isinstance(error, Preempted) for error in self.outcome):
            raise Preempted("stopped after saving; the same command goes on from there")

    def _train_chunk(self) -> None:
        """Train one chunk of the members that are furthest behind."""
        step = min(request.step for request in self.requests.values())
        requests = {i: request for i, request in self.requests.items() if request.step == step}
        try:
            length = next(iter(requests.values())).length  # the same for all: members share one cadence
            trained = self.trainer.train({i: request.state for i, request in requests.items()}, step, length)
        except BaseException as error:
            for i in requests:
                self._next(i, partial(self.loops[i].throw, error))
            return
        for i in requests:
            self._next(i, partial(self.loops[i].send, trained[i]))
        self.progress.tick(self._steps(), {})

    def _steps(self) -> int:
        """Steps that all members have taken together; a member that trains no more counts as complete."""
        end = self.trainer.trainers[0].cadence.end
        return sum(self.requests[i].step if i in self.requests else end for i in range(len(self.members)))

    def _next(self, i: int, go: Callable) -> None:
        """Let the loop of a member go on to its next request, its end or its error."""
        self.requests.pop(i, None)

        def resume() -> None:
            try:
                self.requests[i] = go()
            except StopIteration as end:
                self.ended[i] = end.value

        self._guard(i, resume)

    def _guard(self, i: int, do: Callable[[], None]) -> None:
        """Keep an error as the outcome of one member, so that the others go on."""
        try:
            do()
        except AelabError as error:
            self.outcome[self.members[i].position] = error
            self.progress.say(f"{self.members[i].run.path}: {error}")
