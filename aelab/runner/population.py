"""A population: runs that differ only in their seed and their traced numbers share one compiled program.

Each member is an ordinary run in its own folder; on a CPU it has the bits that it would have alone. A round trains one
chunk of the members that are furthest behind. A member that is done, or fails, changes nothing for the others.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from aelab.config import LAUNCH, Config, flags, stored
from aelab.devices import startup
from aelab.errors import AelabError, ConfigError, Preempted
from aelab.experiment import switches
from aelab.runner import launch
from aelab.runner.progress import ScreenProgress
from aelab.runner.stop import StopRequest
from aelab.runs import scripts
from aelab.runs.folder import Run


def groups(configs: Sequence[Config]) -> list[list[int]]:
    """The configs that can train together, by index: they differ in their seed and traced numbers alone.

    A traced number of 0 switches its part of the program off, so 0 and other numbers are of different groups, unless
    its field says that 0 does not. A run that is split over several devices trains alone.
    """
    found: dict[Any, list[int]] = {}
    for i, config in enumerate(configs):
        fields = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
        recipe = {name: value for name, value in fields.items() if name not in LAUNCH | {"seed"}} | switches(config)
        split = config.parallel not in ("auto", "single") or config.devices > 1 or config.shard_parameters
        found.setdefault((type(config), repr(sorted(recipe.items())), i if split else None), []).append(i)
    return list(found.values())


def train(name: str, configs: Sequence[Config], build: Callable) -> list[AelabError | None]:
    """Train the runs of one group to their end; gives for each the error that ended it, or None.

    Raises:
        Preempted: asked to stop; all that was trained is saved.
        AelabError: an error of the whole group, as where data is missing or a net does not fit.
    """
    if len(groups(configs)) > 1:
        raise ConfigError("a population is of one recipe: runs of it may differ in seed and traced numbers alone")
    outcome: list[AelabError | None] = [None] * len(configs)
    runs = [launch.run_of(name, config) for config in configs]
    todo = [i for i, run in enumerate(runs) if not run.finished]
    if len(todo) == 1:
        outcome[todo[0]] = _train_alone(name, configs[todo[0]], build)
    elif todo:
        _train_together(name, {i: (configs[i], runs[i]) for i in todo}, build, outcome)
    return outcome


def _train_alone(name: str, config: Config, build: Callable) -> AelabError | None:
    try:
        launch.train(name, config, build)
    except Preempted:
        raise
    except AelabError as error:
        return error
    return None


def _train_together(name: str, todo: dict[int, tuple[Config, Run]], build: Callable, outcome: list) -> None:
    from aelab.devices import memory, programs
    from aelab.runner import capacity, trace_check
    from aelab.runs.start import start_from
    from aelab.training.recipe import make_recipe
    from aelab.training.trainer import Trainer

    config = next(iter(todo.values()))[0]
    startup.start(one_core=config.deterministic)
    startup.start(startup.cores())
    ready = launch.prepare(config, build)
    devices = programs.population_devices(config.devices)
    start = start_from(ready.experiment, ready.splits, config.init_from) if config.init_from else None
    first = Trainer(config, make_recipe(config, ready.experiment, ready.splits, "single", devices[:1]))
    trace_check.check(first, [own for own, _ in todo.values()], build)
    need, free, left = capacity.need(first, devices), memory.free(devices), list(todo)
    sizes = capacity.group_sizes(len(todo), need, free)
    notice = capacity.notice(need, free, sizes)
    for size in sizes:
        group = {i: todo[i] for i in left[:size]}
        del left[:size]
        _train_group(name, group, build, first, start, devices, outcome, notice)
        notice = ""


def _train_group(
    name: str,
    todo: dict[int, tuple[Config, Run]],
    build: Callable,
    first,
    start,
    devices: list,
    outcome: list,
    notice: str,
) -> None:
    """Train members that fit into the memory together."""
    from aelab.runner.members import choose
    from aelab.runner.rounds import Member, Rounds
    from aelab.runner.run import TrainingRun
    from aelab.training.trainer import Trainer

    members = []
    with contextlib.ExitStack() as stack:
        for i, (own, run) in todo.items():
            try:
                stack.enter_context(run.locked())
                run.adopt(name, stored(own), scripts.origin(name, run.path, build, type(own)))
                note = {"members": len(todo), "alone": flags.command_line(scripts.alone(name, build, type(own)), own)}
                members.append(Member(i, run, TrainingRun(run, Trainer(own, first.recipe), start, note)))
            except AelabError as error:
                outcome[i] = error
        if not members:
            return
        total = first.cadence.end * len(members)
        stop = stack.enter_context(StopRequest())
        progress = stack.enter_context(ScreenProgress(total, first.feed.batch_size, lambda line: None))
        if notice:
            progress.say(notice)
        progress.say(f"population of {len(members)} on {len(devices)} {devices[0].platform} devices")
        trainer = stack.enter_context(choose([member.training.trainer for member in members], devices))
        Rounds(members, trainer, outcome, progress, stop).run()
