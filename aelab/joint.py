"""Several trainers of one recipe, one program: a call trains a chunk of each of those that ask for it."""

from collections.abc import Mapping, Sequence
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np

from aelab import parallel
from aelab.trainer import Trainer
from aelab.training.loop import Answer
from aelab.training.prefetch import Prefetch
from aelab.training.state import PyTree, State


class Joint:
    """The shared program of `trainers`, named by their place in the list; close it, or leave its `with` block."""

    def __init__(
        self, trainers: Sequence[Trainer], devices: list[jax.Device], form: Literal["map", "vmap"] | None = None
    ):
        self.trainers, self.devices = trainers, len(devices)
        self.program = parallel.compile_members(devices, trainers[0].chunk_for(None), form)
        self._resident = self.program.place(trainers[0].feed.resident)
        self._slots: list[int] = []
        self._given: dict[int, State] = {}  # to each member by the last call, and all of that in one piece:
        self._whole: PyTree = None
        self._ahead: Prefetch | None = None

    def train(self, states: Mapping[int, State], step: int, length: int) -> dict[int, Answer]:
        """`length` steps from `step` on for each member of `states`."""
        slots = self.slots(list(states))
        if slots != self._slots:
            self._seat(slots)
        if self._whole is None or any(states[i] is not self._given.get(i) for i in states):
            self._whole = self._spread([states[i] for i in slots])
        assert self._ahead
        whole, metrics = self.program.run(
            self._whole, self._resident, self._ahead.chunk(step, length), self._keys, self._hyper
        )
        answers = dict(zip(slots, parallel.apart((whole, metrics)), strict=True))
        self._whole, self._given = whole, {i: state for i, (state, _) in answers.items()}
        return answers

    def slots(self, members: list[int]) -> list[int]:
        """A member for every place of a program; the first fills up.

        A program has places for all, for half of them, and so on: as members end, few programs serve.
        """
        places = len(self.trainers)
        while (half := (places + 1) // 2) >= len(members) and half < places:
            places = half
        places = -(-places // self.devices) * self.devices
        return [*members, *members[:1] * (places - len(members))]

    def _seat(self, slots: list[int]) -> None:
        """Lay out what does not change from chunk to chunk."""
        self.close()
        self._slots, self._whole = slots, None
        seated = [self.trainers[i] for i in slots]
        self._keys = self._spread([trainer.keys for trainer in seated])
        self._hyper = self._spread([trainer.hyper for trainer in seated])
        self._ahead = Prefetch(
            lambda step, length: self._spread([trainer.feed.chunk(step, length) for trainer in seated]),
            seated[0].cadence.spans,
        )

    def _spread(self, trees: Sequence[PyTree]) -> PyTree:
        return self.program.spread(jax.tree.map(_stack, *trees))

    def __enter__(self):
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Read nothing more ahead."""
        if self._ahead:
            self._ahead.close()


def _stack(*leaves):
    """One array of arrays that may lie on several devices; keys are stacked where they are."""
    if jnp.issubdtype(leaves[0].dtype, jax.dtypes.prng_key):
        return jnp.stack(leaves)
    return np.stack(jax.device_get(leaves))
