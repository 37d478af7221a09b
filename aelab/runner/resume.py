"""The states that a run starts from, saves, and returns to: fresh, restored, or rolled back."""

from typing import Any

from aelab.config import automatic
from aelab.errors import CheckpointError, NonFiniteError
from aelab.evaluation.layers import layers
from aelab.experiment.scores import checked
from aelab.runner import diagnosis, finish
from aelab.runner.acts import Acts, Saving
from aelab.runner.progress import LogProgress
from aelab.runs.folder import Run
from aelab.runs.record import RunRecord
from aelab.runs.start import Start, merged
from aelab.training.metrics import Sums
from aelab.training.state import State


class SavedStates:
    """The checkpoints of a run under way, each with the sums of the epoch that it interrupts."""

    def __init__(self, run: Run, acts: Acts, record: RunRecord, checkpoints: Saving, progress: LogProgress):
        self.run, self.acts, self.trainer, self.record = run, acts, acts.trainer, record
        self.checkpoints, self.progress = checkpoints, progress
        self.rolled_back = 0  # the step from which training went on after one that was not finite

    def save(self, state: State, sums: Sums) -> None:
        """Save a checkpoint in the background, and note its step in `status.json`."""
        self.checkpoints.save(state, {"sums": sums, "rolled_back": self.rolled_back})
        self.run.status("running", int(state.step))

    def first(self, start: Start | None) -> tuple[State, Sums]:
        """The state to start or go on from, and the sums of its unfinished epoch.

        What is taken from another run replaces the fresh parameters of a run that starts here.

        Raises:
            CheckpointError: the run was further, and no checkpoint of it can be restored.
        """
        self.progress.phase("initialising")
        restored = self.checkpoints.restore(self.trainer.template())
        if restored:
            self.progress.say(f"resumed at step {restored.step}")
            self.record.resume(restored.step)
            self.rolled_back = restored.record["rolled_back"]
            return restored.state, restored.record["sums"]
        if reached := self.run.read("status.json").get("step", 0):
            raise CheckpointError(
                f"{self.checkpoints.folder}: no checkpoint of a run that was at step {reached}; start afresh"
            )
        state = self.trainer.fresh()
        if start:
            state = self.trainer.around(merged(state.params, start.params))
            self.progress.say(start.said or f"--init-from {start.path}: all is taken")
        self._begin(state, start)
        return state, {}

    def _begin(self, state: State, start: Start | None) -> None:
        """Write what stands in a run folder at step 0: the manifest, the first digest, a checkpoint.

        Raises:
            ConfigError: a score that the experiment adds cannot be computed.
        """
        finish.try_scores(self.trainer.experiment, state.params, self.trainer.config, self.trainer.splits)
        chosen = self._chosen()
        more = {"chosen": chosen} if chosen else {}
        more |= {"starts_from": start.child_of(self.run)} if start else {}
        rows = layers(self.trainer.experiment.model, state.params, self.trainer.splits.spec)
        self.record.begin([layer._asdict() for layer in rows], checked(self.trainer.experiment.scores), more)
        self.run.status("running", 0)
        self.run.truncate(-1, "digests.jsonl")
        self.record.probe(0, self.acts.digests(state))
        self.checkpoints.save(state, {"sums": {}, "rolled_back": 0})

    def _chosen(self) -> dict[str, Any]:
        """What the settings that said `auto` came to, by their names."""
        config, made = self.trainer.config, self.trainer.experiment.model.parts.likelihood
        chosen = automatic.chosen(config, len(self.trainer.splits.train))
        if config.virtual_shards == automatic.AUTO and self.trainer.recipe.shards:
            chosen["virtual_shards"] = self.trainer.recipe.shards
        return {**chosen, **({"likelihood": type(made).__name__} if config.likelihood == automatic.AUTO else {})}

    def after_nonfinite(self, error: NonFiniteError) -> tuple[State, Sums]:
        """Write down what was not finite, and roll back: once, and only where the config asks for it.

        The newest checkpoint of the cadence goes on with the data that follows the bad step.

        Raises:
            NonFiniteError: the run ends here.
        """
        self.checkpoints.wait()
        cadence = self.trainer.cadence
        restored = self.checkpoints.restore(self.trainer.template(), lambda step: cadence.due(step, cadence.save))
        if restored is None:
            raise error
        found = diagnosis.diagnose(self.trainer, restored.state, error.step + 1)
        self.run.append("nonfinite.jsonl", {"what": str(error), **found})
        if self.trainer.config.on_nonfinite != "rollback" or self.rolled_back:
            raise error
        self.rolled_back = error.step + 1
        self.progress.say(
            f"{error}; the parameters of step {restored.step} go on with the data of step {self.rolled_back}"
        )
        state = self.trainer.at(restored.state, self.rolled_back)
        same_epoch = restored.step // cadence.row == self.rolled_back // cadence.row
        sums = restored.record["sums"] if same_epoch else {}
        self.checkpoints.save(state, {"sums": sums, "rolled_back": self.rolled_back})
        return state, sums
