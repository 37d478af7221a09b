"""Training the members of a population together: a call trains one chunk of steps of several members.

`InTurns` runs the compiled program of a single run for one member after the other, on all devices at the same time. So
each member has the bits of a run of its own. `Batched` makes one batch of all members, which keeps an accelerator busy
with small models.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from aelab.devices import programs
from aelab.training.loop import Trained
from aelab.training.prefetch import Prefetch, Span
from aelab.training.state import PyTree, State
from aelab.training.trainer import Trainer


def choose(trainers: Sequence[Trainer], devices: list[jax.Device]) -> "PopulationTrainer":
    """`InTurns` on a CPU, where a batch of small models is no faster; `Batched` elsewhere."""
    return (InTurns if devices[0].platform == "cpu" else Batched)(trainers, devices)


class PopulationTrainer:
    """What both ways share: members are named by their index in `trainers`, and the next chunks are read ahead.

    `following` gives the spans that are expected after a step: those of the first trainer's cadence, unless it is set.
    Close the trainer, or leave its `with` block.
    """

    def __init__(self, trainers: Sequence[Trainer], devices: list[jax.Device]):
        self.trainers, self.devices = trainers, devices
        self.following: Callable[[int], Iterable[Span]] = trainers[0].cadence.spans
        self._active: list[int] = []
        self._ahead: Prefetch | None = None

    def train(self, states: Mapping[int, State], step: int, length: int) -> dict[int, Trained]:
        """`length` steps from `step` on for each member of `states`; the states are given away."""
        if self._ahead is None or list(states) != self._active:
            PopulationTrainer.close(self)
            self._active = list(states)
            self._lay_out()
            self._ahead = Prefetch(self._read, lambda step: self.following(step))
        return self._train(states, self._ahead.chunk(step, length))

    def _lay_out(self) -> None:
        """Put on the devices what stays the same from chunk to chunk, for the members in `self._active`."""
        raise NotImplementedError

    def _read(self, step: int, length: int) -> Any:
        raise NotImplementedError

    def _train(self, states: Mapping[int, State], chunk: Any) -> dict[int, Trained]:
        raise NotImplementedError

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop reading ahead."""
        if self._ahead:
            self._ahead.close()


class InTurns(PopulationTrainer):
    """Members take turns on the devices."""

    def __init__(self, trainers: Sequence[Trainer], devices: list[jax.Device]):
        super().__init__(trainers, devices)
        self.programs = programs.compile_each(devices, trainers[0].recipe.chunk_for(None))
        self._residents = [program.place(trainers[0].feed.resident) for program in self.programs]
        self._pool = ThreadPoolExecutor(len(devices), thread_name_prefix="aelab-member")

    def _lay_out(self) -> None:
        self._at = {i: rank % len(self.devices) for rank, i in enumerate(self._active)}
        numbers = {i: (self.trainers[i].keys, self.trainers[i].hyper) for i in self._active}
        self._numbers = {i: self.programs[at].place(numbers[i]) for i, at in self._at.items()}

    def _read(self, step: int, length: int) -> dict[int, PyTree]:
        at = self._at
        return {i: self.programs[at[i]].spread(self.trainers[i].feed.chunk(step, length)) for i in at}

    def _train(self, states: Mapping[int, State], chunk: dict[int, PyTree]) -> dict[int, Trained]:
        def turn(device: int) -> dict[int, Trained]:
            program, resident = self.programs[device], self._residents[device]
            mine = [i for i, at in self._at.items() if at == device]
            return {i: program.run(program.place(states[i]), resident, chunk[i], *self._numbers[i]) for i in mine}

        # A thread for each device: a call on a CPU may well compute before it returns.
        turns = list(self._pool.map(turn, range(len(self.devices))))
        return {i: turns[at][i] for i, at in self._at.items()}

    def close(self) -> None:
        super().close()
        self._pool.shutdown()


class Batched(PopulationTrainer):
    """Members are a leading axis, split over the devices."""

    def __init__(self, trainers: Sequence[Trainer], devices: list[jax.Device]):
        super().__init__(trainers, devices)
        self.program = programs.compile_batched(devices, trainers[0].recipe.chunk_for(None))
        self._resident = self.program.place(trainers[0].feed.resident)
        self._last: dict[int, State] = {}  # each member's state after the last call
        self._stacked: PyTree = None  # the same states as one batch, which saves stacking them again

    def places(self, members: list[int]) -> list[int]:
        """The member that each place of the program trains; the first member fills the places that are left over.

        Programs have places for all members, for half of them, for a quarter and so on. So few programs are compiled
        while members come to their end.
        """
        count = len(self.trainers)
        while (half := (count + 1) // 2) >= len(members) and half < count:
            count = half
        count = -(-count // len(self.devices)) * len(self.devices)
        return [*members, *members[:1] * (count - len(members))]

    def _lay_out(self) -> None:
        self._places, self._last = self.places(self._active), {}
        numbers = [(self.trainers[i].keys, self.trainers[i].hyper) for i in self._places]
        self._keys, self._hyper = self._spread(numbers)

    def _read(self, step: int, length: int) -> PyTree:
        return self._spread([self.trainers[i].feed.chunk(step, length) for i in self._places])

    def _train(self, states: Mapping[int, State], chunk: PyTree) -> dict[int, Trained]:
        if any(state is not self._last.get(i) for i, state in states.items()):
            self._stacked = self._spread([states[i] for i in self._places])
        stacked, metrics = self.program.run(self._stacked, self._resident, chunk, self._keys, self._hyper)
        trained = dict(zip(self._places, programs.split_members((stacked, metrics)), strict=True))
        self._stacked, self._last = stacked, {i: state for i, (state, _) in trained.items()}
        return trained

    def _spread(self, trees: Sequence[PyTree]) -> PyTree:
        return self.program.spread(jax.tree.map(_stack, *trees))


def _stack(*leaves):
    """Stack arrays that may lie on several devices; PRNG keys are stacked on theirs."""
    if jnp.issubdtype(leaves[0].dtype, jax.dtypes.prng_key):
        return jnp.stack(leaves)
    return np.stack(jax.device_get(leaves))
