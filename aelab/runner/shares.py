"""A run whose state is split over processes, as each of them carries it out.

Each process keeps its parts of the state on its devices, and none has all of it. Whatever needs the state is a method
here. All processes call it at the same time, because process 0 orders it: see `aelab.runner.led`.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import numpy as np

from aelab.devices.spanning import put
from aelab.devices.team import Team
from aelab.runner.acts import Acts
from aelab.runner.finish import Found
from aelab.runs.checkpoints import Checkpoints
from aelab.runs.digests import leaf_digests
from aelab.runs.folder import Run
from aelab.runs.orbax_errors import first_line
from aelab.training.prefetch import Prefetch
from aelab.training.state import PyTree, State, scored_state
from aelab.training.step import Metrics
from aelab.training.trainer import Trainer

PATIENCE = 10.0  # seconds that a file of process 0 may take to show on another machine
PAUSE = 0.2


class Shares(Acts):
    """The share of one process. `state` is that of the run, as it is now.

    What a method is given before the asterisk, process 0 alone has; what it gives back is used there alone.
    """

    layout: Any
    state: Any

    def __init__(self, trainer: Trainer, run: Run, team: Team):
        super().__init__(trainer, run)
        self.team, self.layout, self.state = team, trainer.layout, None
        self.folders: dict[str, Checkpoints] = {}

    # The state: where it comes from, and what becomes of it.

    def fresh(self) -> State:
        self.state = self.trainer.fresh()
        return self.state

    def begin_from(self, params: Sequence[Any] = (), *, which: Sequence[int]) -> State:
        """Put some arrays of another run, by their place, among the parameters; they are sent one after the other."""
        leaves, form = jax.tree.flatten(self.state.params)
        for i, place in enumerate(which):
            leaf = leaves[place]
            sent = self.team.share(params[i] if params else np.zeros(leaf.shape, leaf.dtype))
            leaves[place] = put(self.layout.sharding(leaf), sent)
        self.state = self.trainer.around(form.unflatten(leaves))
        return self.state

    def at(self, *, step: int) -> State:
        self.state = self.state._replace(step=put(self.layout.sharding(self.state.step), np.int32(step)))
        return self.state

    def train(self, data: PyTree, *, step: int, length: int) -> tuple[State, Metrics]:
        self.state, metrics = self.trainer.advance(self.state, data)
        return self.state, metrics

    # What is to be known of it.

    def finite(self) -> bool:
        return self.trainer.finite((self.state.params, self.state.opt_state, self.state.extra))

    def validate(self, say: Callable[[str], object] = lambda line: None) -> dict[str, float]:
        look: Any = self.validation(say)
        return look(self.state)

    def digests(self, state: PyTree) -> dict[str, str]:
        """One array after the other comes to every process; process 0 computes its sha256."""
        if self.team.index == 0:
            return leaf_digests(state, self.layout.fetched)
        jax.tree.map(self.layout.fetched, state)
        return {}

    def digests_of(self, *, name: str) -> dict[str, str]:
        return self.digests(self._saved(name))

    def worth(self) -> Found:
        return self.scored(self.state)

    def arrays(self) -> dict[str, Mapping]:
        return self.drawn(self.state)

    # Checkpoints. Those in the folder `best` have the parameters that are scored.

    def _saved(self, name: str) -> State:
        return scored_state(self.trainer.experiment, self.state) if name == "best" else self.state

    def open(self, warn: Callable[[str], object] = print, *, name: str, keep: int) -> Checkpoints:
        self.folders[name] = Checkpoints(self.run.path / name, keep, warn, together=True)
        return self.folders[name]

    def write(self, record: Mapping[str, Any] | None = None, *, name: str) -> None:
        self.folders[name].write(self._saved(name), dict(record or {}))

    def wait(self, *, name: str) -> None:
        self.folders[name].wait()

    def reload(self, *, name: str) -> None:
        self.folders[name].reload()

    def close(self, *, name: str) -> None:
        self.folders.pop(name).close()

    def fetch(self, *, name: str, step: int) -> tuple[dict[str, Any], list[str]]:
        """Each process reads its parts of a step, and does not wait for others that may fail.

        Process 0 gets the sealed record, and what went wrong in each process, "" where nothing did.
        """
        self.state, record, wrong = None, {}, ""  # what was here needs no memory any more
        try:
            template = self.layout.shapes(self.trainer.template())
            self.state, record = Checkpoints(self.run.path / name, read_only=True).fetch(step, template)
        except Exception as error:  # damage surfaces anywhere below Orbax
            wrong = first_line(error)
        return record, self.team.meet(wrong)

    def sees(self, *, name: str) -> list[bool]:
        """Whether each process sees a file that process 0 has made in the folder of the run."""
        return self.team.meet(_appears(self.run.path / name))


def _appears(path: Path) -> bool:
    """Whether a file is there, or comes within a while: other machines may see it later."""
    end = time.monotonic() + PATIENCE
    while not path.exists():
        if time.monotonic() > end:
            return False
        time.sleep(PAUSE)
    return True


def follow(trainer: Trainer, run: Run, here: Team) -> None:
    """Do what process 0 orders, until the run has come to its end.

    Raises:
        AelabError: the data cannot be read, a part cannot be saved, or the run ended otherwise than well.
    """
    shares = Shares(trainer, run, here)
    with Prefetch(trainer.read, trainer.cadence.spans) as ahead:
        for order in here.orders():
            do = getattr(shares, order.pop("do"))
            do(*([ahead.chunk(**order)] if "length" in order else []), **order)
