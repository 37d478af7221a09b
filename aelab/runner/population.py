"""A population: runs that differ only in seed and in traced numbers train together in one program.

Each is an ordinary run in its own folder, with the bits of a run of its own on a CPU. A round trains a chunk
of those that are furthest behind; one that is done, or fails, leaves the others as they are.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from aelab.batch import TRACED
from aelab.config import LAUNCH, Config, flags, stored
from aelab.devices import startup
from aelab.errors import AelabError, ConfigError, Preempted
from aelab.runner import launch
from aelab.runner.progress import Progress, Quiet
from aelab.runner.stop import StopRequest
from aelab.runs.folder import Run


def groups(configs: Sequence[Config]) -> list[list[int]]:
    """Which of the configs can train together: those that differ in seed and traced numbers alone.

    A number that is off, at 0, makes another program than one that is on. A run that is split over devices is alone.
    """
    found: dict[Any, list[int]] = {}
    for i, config in enumerate(configs):
        fields = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
        traced = {name: value > 0 for name, value in fields.items() if name in TRACED}
        recipe = {name: value for name, value in fields.items() if name not in LAUNCH | {"seed"}} | traced
        split = config.parallel not in ("auto", "single") or config.devices > 1
        found.setdefault((type(config), repr(sorted(recipe.items())), i if split else None), []).append(i)
    return list(found.values())


class Member(NamedTuple):
    """An unfinished run of a population: its place among the configs, its folder and what trains in it."""

    place: int
    run: Run
    training: Any


def train(name: str, configs: Sequence[Config], build: Callable) -> list[AelabError | None]:
    """Bring the runs of one group to their end; for each, why it could not be.

    Raises:
        Preempted: asked to stop; all that was trained is saved.
        AelabError: of the whole group: data that is missing, a net that does not fit.
    """
    if len(groups(configs)) > 1:
        raise ConfigError("a population is of one recipe: runs of it may differ in seed and traced numbers alone")
    outcome: list[AelabError | None] = [None] * len(configs)
    runs = [launch.run_of(name, config) for config in configs]
    todo = [i for i, run in enumerate(runs) if not run.finished]
    if len(todo) == 1:
        outcome[todo[0]] = _alone(name, configs[todo[0]], build)
    elif todo:
        _together(name, {i: (configs[i], runs[i]) for i in todo}, build, outcome)
    return outcome


def _alone(name: str, config: Config, build: Callable) -> AelabError | None:
    try:
        launch.train(name, config, build)
    except Preempted:
        raise
    except AelabError as error:
        return error
    return None


def _together(name: str, todo: dict[int, tuple[Config, Run]], build: Callable, outcome: list) -> None:
    from aelab.devices import memory, programs
    from aelab.runner import capacity, trace_check
    from aelab.runs.load import start_from
    from aelab.training.trainer import Trainer

    config = next(iter(todo.values()))[0]
    startup.start(one_core=config.deterministic)
    startup.start(startup.cores())
    ready = launch.prepare(config, build)
    devices = programs.for_members(config.devices)
    warm = start_from(ready.experiment, ready.splits.spec, config.init_from) if config.init_from else None
    first = Trainer(config, ready.experiment, ready.splits, "single", devices[:1])
    trace_check.check(first, [own for own, _ in todo.values()], build)
    need, free, places = capacity.need(first, devices), memory.free(devices), list(todo)
    sizes = capacity.cut(len(todo), need, free)
    said = capacity.said(need, free, sizes)
    for size in sizes:
        group = {i: todo[i] for i in places[:size]}
        del places[:size]
        _group(name, group, first, warm, devices, outcome, said)
        said = ""


def _group(name: str, todo: dict[int, tuple[Config, Run]], first, warm, devices: list, outcome: list, said: str):
    """Train those of a population that fit the memory together."""
    from aelab.runner.members import choose
    from aelab.runner.run import TrainingRun

    members = []
    with contextlib.ExitStack() as stack:
        for i, (own, run) in todo.items():
            try:
                stack.enter_context(run.locked())
                run.adopt(name, stored(own))
                note = {"members": len(todo), "alone": flags.command_line(name, own)}
                members.append(Member(i, run, TrainingRun(run, first.sibling(own), warm, note)))
            except AelabError as error:
                outcome[i] = error
        if not members:
            return
        total = first.cadence.end * len(members)
        stop = stack.enter_context(StopRequest())
        progress = stack.enter_context(Progress(total, first.config.batch_size, lambda line: None))
        if said:
            progress.say(said)
        progress.say(f"population of {len(members)} on {len(devices)} {devices[0].platform} devices")
        joint = stack.enter_context(choose([member.training.trainer for member in members], devices))
        _Rounds(members, joint, outcome, progress, stop).run()


class _Rounds:
    """The members of a population, chunk by chunk, and what has become of them."""

    def __init__(self, members: list[Member], joint, outcome: list, progress: Progress, stop: StopRequest):
        self.members, self.joint, self.outcome, self.progress, self.stop = members, joint, outcome, progress, stop
        self.quiet = [Quiet(member.training.config.batch_size, member.run.log) for member in members]
        self.loops = [m.training.train(quiet, stop) for m, quiet in zip(members, self.quiet, strict=True)]
        self.asks: dict[int, Any] = {}  # what each of those that still train waits for
        self.ended: dict[int, Any] = {}  # last state and rows of those that have trained to their end

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
            while self.asks:
                self._turn()
        for i, (state, rows) in self.ended.items():
            self.progress.phase(f"scoring {self.members[i].run.path.name}")
            conclude = self.members[i].training.conclude
            self._settle(i, lambda: conclude(state, rows, self.quiet[i], self.stop))  # noqa: B023
            if self.outcome[self.members[i].place] is None:
                self.progress.say(f"done: {self.members[i].run.path}")
        if any(isinstance(error, Preempted) for error in self.outcome):
            raise Preempted("stopped after saving; the same command goes on from there")

    def _turn(self) -> None:
        """A chunk of those that are furthest behind."""
        step = min(ask.step for ask in self.asks.values())
        asks = {i: ask for i, ask in self.asks.items() if ask.step == step}
        try:
            length = next(iter(asks.values())).length  # one cadence: whoever is at this step asks for as many
            answers = self.joint.train({i: ask.state for i, ask in asks.items()}, step, length)
        except BaseException as error:
            for i in asks:
                self._next(i, partial(self.loops[i].throw, error))
            return
        for i in asks:
            self._next(i, partial(self.loops[i].send, answers[i]))
        self.progress.tick(self._steps(), {})

    def _steps(self) -> int:
        """Taken by all; those that train no more count as whole."""
        end = self.joint.trainers[0].cadence.end
        return sum(self.asks[i].step if i in self.asks else end for i in range(len(self.members)))

    def _next(self, i: int, go: Callable) -> None:
        """Let a loop go on to its next request, its end or its failure."""
        self.asks.pop(i, None)

        def on() -> None:
            try:
                self.asks[i] = go()
            except StopIteration as end:
                self.ended[i] = end.value

        self._settle(i, on)

    def _settle(self, i: int, do: Callable[[], None]) -> None:
        """What goes wrong with one is its own."""
        try:
            do()
        except AelabError as error:
            self.outcome[self.members[i].place] = error
            self.progress.say(f"{self.members[i].run.path}: {error}")
