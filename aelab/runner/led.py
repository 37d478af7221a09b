"""A run whose state is split over processes, as process 0 leads it: whatever its share does, the others do too."""

import contextlib
import secrets
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import jax

from aelab.devices.team import Team
from aelab.errors import AelabError, ConfigError
from aelab.runner.acts import Acts, Saving
from aelab.runner.finish import Found
from aelab.runner.shares import Shares
from aelab.runs.folder import Run
from aelab.runs.restored import Restored, newest_good, require_digests, sealed
from aelab.training.leading import Span
from aelab.training.recipe import Recipe
from aelab.training.state import PyTree, State
from aelab.training.step import Metrics
from aelab.training.trainer import Trainer


class Led:
    """The shares of all processes. A method of the own one by its name, which the others are told to call too."""

    def __init__(self, own: Shares):
        self.own = own

    def __getattr__(self, name: str) -> Callable:
        def do(*here: Any, **told: Any) -> Any:
            self.own.team.order({"do": name, **told})
            return getattr(self.own, name)(*here, **told)

        return do


class LedTrainer(Trainer):
    """The trainer of process 0. There is one state, that of the run: what is given here is always this one."""

    def __init__(self, led: Led):
        super().__init__(led.own.trainer.config, led.own.trainer.recipe)
        self._led = led

    def fresh(self) -> State:
        return self._led.fresh()

    def around(self, params: PyTree) -> State:
        mine, theirs = (jax.tree.leaves(tree) for tree in (self._led.own.state.params, params))
        which = [i for i, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a is not b]
        return self._led.begin_from([theirs[i] for i in which], which=which)

    def at(self, state: State, step: int) -> State:
        return self._led.at(step=step)

    def read(self, step: int, length: int) -> Span:
        return Span(step, length, super().read(step, length))

    def advance(self, state: State, chunk: Span) -> tuple[State, Metrics]:
        return self._led.train(chunk.data, step=chunk.step, length=chunk.length)

    def finite(self, tree: PyTree) -> bool:
        return self._led.finite()


class LedCheckpoints:
    """The checkpoints of a folder, of which every process writes and reads its parts."""

    def __init__(self, led: Led, name: str, keep: int, warn: Callable[[str], object]):
        self._led, self._name, self._warn, self._failed = led, name, warn, False
        self._own = led.open(warn, name=name, keep=keep)
        self.folder = self._own.folder

    def save(self, state: State, record: dict[str, Any]) -> None:
        if int(state.step) not in self._own.steps():
            digests = self._led.digests_of(name=self._name)
            self._guarded(partial(self._led.write, sealed(digests, record), name=self._name))

    def wait(self) -> None:
        self._guarded(partial(self._led.wait, name=self._name))

    def close(self) -> None:
        if not self._failed:  # else another process may wait for a save that will not come
            self._led.close(name=self._name)

    def restore(self, template: State, wanted: Callable[[int], bool] = lambda step: True) -> Restored | None:
        steps = [step for step in self._own.steps() if wanted(step)]
        return newest_good(self.folder, steps, self._read, self._put_aside, self._warn)

    def _read(self, step: int) -> Restored | str:
        record, wrong = self._led.fetch(name=self._name, step=step)
        if any(wrong):
            return next(filter(None, wrong))
        try:
            require_digests(self._led.digests_of(name=self._name), record)
        except ValueError as error:
            return str(error)
        return Restored(step, self._led.own.state, record["record"])

    def _put_aside(self, step: int) -> None:
        self._own.put_aside(step)
        self._led.reload(name=self._name)

    def _guarded(self, do: Callable[[], None]) -> None:
        try:
            do()
        except AelabError:
            self._failed = True
            raise


class LedActs(Acts):
    """The acts of process 0, in which all take part."""

    def __init__(self, led: Led):
        super().__init__(LedTrainer(led), led.own.run)
        self._led = led

    def checkpoints(self, name: str, keep: int, warn: Callable[[str], object]) -> Saving:
        (self.run.path / name).mkdir(exist_ok=True)
        return LedCheckpoints(self._led, name, keep, warn)

    def digests(self, state: PyTree) -> dict[str, str]:
        return self._led.digests_of(name="checkpoints")

    def save_scored(self, best: Saving, state: State, record: dict[str, Any]) -> None:
        best.save(state, record)

    def validation(self, say: Callable[[str], object]) -> Callable[[State], dict[str, float]] | None:
        return None if self.trainer.splits.validation is None else lambda state: self._led.validate(say)

    def scored(self, state: State) -> Found:
        return self._led.worth()

    def drawn(self, state: State) -> dict[str, Mapping]:
        return self._led.arrays()


def lead(recipe: Recipe, config: Any, run: Run, here: Team) -> LedActs:
    """The acts of a run in its locked folder.

    Raises:
        ConfigError: another process does not see this folder.
    """
    led = Led(Shares(Trainer(config, recipe), run, here))
    mark = run.path / f".seen-{secrets.token_hex(8)}"
    mark.touch()
    try:
        seen = led.sees(name=mark.name)
    finally:
        with contextlib.suppress(OSError):
            mark.unlink()
    if not all(seen):
        raise ConfigError(
            f"--runs-dir: process {seen.index(False)} does not see what process 0 writes to {run.path}, and with "
            "--shard-parameters each process saves its part there; give a folder on a disk that all of them share"
        )
    return LedActs(led)
