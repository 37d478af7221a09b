"""What a run does with its state beside training it: digests, checkpoints, scores, figures."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import jax

from aelab.runner import finish
from aelab.runner.after_validation import validation
from aelab.runs.checkpoints import Checkpoints
from aelab.runs.digests import joined, leaf_digests
from aelab.runs.folder import Run
from aelab.runs.restored import Restored
from aelab.training.state import PyTree, State, evaluated, scored_state, settled_on
from aelab.training.trainer import Trainer


class Saving(Protocol):
    """What a run asks of its checkpoints, whoever writes them; the errors are those of `Checkpoints`."""

    folder: Any

    def save(self, state: State, record: dict[str, Any]) -> None: ...
    def wait(self) -> None: ...
    def restore(self, template: State, wanted: Callable[[int], bool] = ...) -> Restored | None: ...
    def close(self) -> None: ...


class Acts:
    """The acts of a process that has all of the state."""

    def __init__(self, trainer: Trainer, run: Run):
        self.trainer, self.run = trainer, run

    def checkpoints(self, name: str, keep: int, warn: Callable[[str], object]) -> Saving:
        """The newest `keep` checkpoints in a folder of the run."""
        return Checkpoints(self.run.path / name, keep, warn)

    def digests(self, state: PyTree) -> dict[str, str]:
        """sha256 of every leaf of a state, or of a part of one."""
        return leaf_digests(jax.device_get(state))

    def save_scored(self, best: Saving, state: State, record: dict[str, Any]) -> None:
        """Save the state with the parameters that are scored."""
        best.save(scored_state(self.trainer.experiment, state), record)

    def settled(self, best: Saving, state: State) -> tuple[State, int]:
        """The state whose scored parameters are the best that were kept, and of which step they are."""
        best.wait()
        found = best.restore(jax.device_get(state._replace(opt_state={})))
        if found is None:
            return state, int(state.step)
        return settled_on(self.trainer.experiment, jax.device_get(state), found.state), found.step

    def validation(self, say: Callable[[str], object]) -> Callable[[State], dict[str, float]] | None:
        """What is looked at in a validation; None where no split is there for it."""
        return validation(self.trainer, say)

    def scored(self, state: State) -> finish.Found:
        """Scores, their errors and the digest of the parameters that are scored.

        Raises:
            NonFiniteError: a score is NaN or infinite.
        """
        own = self.trainer
        params = evaluated(own.experiment, state)
        digest = joined(self.digests(params))
        return finish.Found(*finish.scores_and_errors(own.scored, params, own.config, own.splits), digest)

    def drawn(self, state: State) -> dict[str, Mapping]:
        """The arrays behind the figures, by name."""
        own = self.trainer
        return finish.drawn(own.scored, evaluated(own.experiment, state), own.config, own.splits)
