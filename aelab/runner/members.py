"""Several trainers of one recipe, trained together: a call gives a chunk to each of those that ask for it.

`Beside` gives every member the compiled program of a run of its own, so many at a time as there are devices: its bits
are those of that run. `Batched` makes one batch of all members, which keeps an accelerator busy with small models.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from aelab.devices import programs
from aelab.training.loop import Answer
from aelab.training.prefetch import Prefetch, Span
from aelab.training.state import PyTree, State
from aelab.training.trainer import Trainer


def choose(trainers: Sequence[Trainer], devices: list[jax.Device]) -> "Joint":
    """`Beside` on a CPU, where a batch of small models is no faster, `Batched` elsewhere."""
    return (Beside if devices[0].platform == "cpu" else Batched)(trainers, devices)


class Joint:
    """What both share: members are named by their place in `trainers`, and what they read is read ahead.

    `following` are the spans expected from a step on, those of the first trainer's cadence unless set. Close it, or
    leave its `with` block.
    """

    def __init__(self, trainers: Sequence[Trainer], devices: list[jax.Device]):
        self.trainers, self.devices = trainers, devices
        self.following: Callable[[int], Iterable[Span]] = trainers[0].cadence.spans
        self._seated: list[int] = []
        self._ahead: Prefetch | None = None

    def train(self, states: Mapping[int, State], step: int, length: int) -> dict[int, Answer]:
        """`length` steps from `step` on for each member of `states`; the states are given away."""
        if self._ahead is None or list(states) != self._seated:
            Joint.close(self)
            self._seated = list(states)
            self._seat()
            self._ahead = Prefetch(self._read, lambda step: self.following(step))
        return self._train(states, self._ahead.chunk(step, length))

    def _seat(self) -> None:
        """Lay out what does not change from chunk to chunk."""
        raise NotImplementedError

    def _read(self, step: int, length: int) -> Any:
        raise NotImplementedError

    def _train(self, states: Mapping[int, State], chunk: Any) -> dict[int, Answer]:
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Read nothing more ahead."""
        if self._ahead:
            self._ahead.close()


class Beside(Joint):
    """Members take turns on the devices."""

    def __init__(self, trainers: Sequence[Trainer], devices: list[jax.Device]):
        super().__init__(trainers, devices)
        self.programs = programs.compile_each(devices, trainers[0].chunk_for(None))
        self._residents = [program.place(trainers[0].feed.resident) for program in self.programs]
        self._pool = ThreadPoolExecutor(len(devices), thread_name_prefix="aelab-member")

    def _seat(self) -> None:
        self._at = {i: rank % len(self.devices) for rank, i in enumerate(self._seated)}
        numbers = {i: (self.trainers[i].keys, self.trainers[i].hyper) for i in self._seated}
        self._numbers = {i: self.programs[at].place(numbers[i]) for i, at in self._at.items()}

    def _read(self, step: int, length: int) -> dict[int, PyTree]:
        at = self._at
        return {i: self.programs[at[i]].spread(self.trainers[i].feed.chunk(step, length)) for i in at}

    def _train(self, states: Mapping[int, State], chunk: dict[int, PyTree]) -> dict[int, Answer]:
        def turn(device: int) -> dict[int, Answer]:
            program, resident = self.programs[device], self._residents[device]
            mine = [i for i, at in self._at.items() if at == device]
            return {i: program.run(program.place(states[i]), resident, chunk[i], *self._numbers[i]) for i in mine}

        # A thread for each device: a call on a CPU may well compute before it returns.
        turns = list(self._pool.map(turn, range(len(self.devices))))
        return {i: turns[at][i] for i, at in self._at.items()}

    def close(self) -> None:
        super().close()
        self._pool.shutdown()


class Batched(Joint):
    """Members are a leading axis, split over the devices."""

    def __init__(self, trainers: Sequence[Trainer], devices: list[jax.Device]):
        super().__init__(trainers, devices)
        self.program = programs.compile_batched(devices, trainers[0].chunk_for(None))
        self._resident = self.program.place(trainers[0].feed.resident)
        self._given: dict[int, State] = {}  # to each member by the last call, and all of that in one piece:
        self._whole: PyTree = None

    def places(self, members: list[int]) -> list[int]:
        """A member for every place of a program; the first fills up.

        A program has places for all, for half of them, and so on: as members end, few programs serve.
        """
        count = len(self.trainers)
        while (half := (count + 1) // 2) >= len(members) and half < count:
            count = half
        count = -(-count // len(self.devices)) * len(self.devices)
        return [*members, *members[:1] * (count - len(members))]

    def _seat(self) -> None:
        self._places, self._given = self.places(self._seated), {}
        numbers = [(self.trainers[i].keys, self.trainers[i].hyper) for i in self._places]
        self._keys, self._hyper = self._spread(numbers)

    def _read(self, step: int, length: int) -> PyTree:
        return self._spread([self.trainers[i].feed.chunk(step, length) for i in self._places])

    def _train(self, states: Mapping[int, State], chunk: PyTree) -> dict[int, Answer]:
        if any(state is not self._given.get(i) for i, state in states.items()):
            self._whole = self._spread([states[i] for i in self._places])
        whole, metrics = self.program.run(self._whole, self._resident, chunk, self._keys, self._hyper)
        answers = dict(zip(self._places, programs.apart((whole, metrics)), strict=True))
        self._whole, self._given = whole, {i: state for i, (state, _) in answers.items()}
        return answers

    def _spread(self, trees: Sequence[PyTree]) -> PyTree:
        return self.program.spread(jax.tree.map(_stack, *trees))


def _stack(*leaves):
    """One array of arrays that may lie on several devices; keys are stacked where they are."""
    if jnp.issubdtype(leaves[0].dtype, jax.dtypes.prng_key):
        return jnp.stack(leaves)
    return np.stack(jax.device_get(leaves))
