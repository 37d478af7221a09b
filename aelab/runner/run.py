"""One run from where it stands to its end: train, score, draw, summarise."""

import contextlib
import time
from collections.abc import Generator
from typing import Any

import jax.numpy as jnp

from aelab import report
from aelab.devices import memory
from aelab.errors import AelabError, CheckpointError, NonFiniteError, Preempted, StorageError
from aelab.evaluation.layers import layers
from aelab.runner import diagnosis, finish
from aelab.runner.progress import Progress, Quiet
from aelab.runner.stop import StopRequest
from aelab.runs.checkpoints import Checkpoints
from aelab.runs.folder import Run
from aelab.runs.record import Evidence
from aelab.runs.tensorboard import Events
from aelab.training.loop import Asking, Hooks, Sums, drive, fit
from aelab.training.prefetch import Prefetch
from aelab.training.state import State
from aelab.training.trainer import Trainer


class TrainingRun:
    """A locked run folder and all that trains in it; `population` says in whose company, if in any."""

    def __init__(self, run: Run, trainer: Trainer, warm=None, population: dict[str, Any] | None = None):
        self.run, self.trainer, self.warm = run, trainer, warm
        self.config, self.experiment, self.splits = trainer.config, trainer.experiment, trainer.splits
        self.evidence = Evidence(run, self.config, self.splits, population)
        self.rolled_back = 0  # the step from which training went on after it was not finite

    def finish(self) -> None:
        """Train what is left, then score, draw and summarise.

        Raises:
            Preempted: asked to stop; the state is saved.
            AelabError: whatever else a user can cause; `status.json` says failed and why.
        """
        trainer = self.trainer
        with (
            StopRequest() as stop,
            Progress(trainer.cadence.end, self.config.batch_size, self.run.log) as progress,
            Prefetch(trainer.read, trainer.cadence.spans) as ahead,
        ):
            training = self.train(progress, stop)
            ended = drive(training, lambda ask: trainer.advance(ask.state, ahead.chunk(ask.step, ask.length)))
            if trainer.cadence.end < trainer.cadence.total:
                return self.run.status("preempted", trainer.cadence.end, "ended early, as asked")
            self.conclude(*ended, progress, stop)

    def train(self, progress: Quiet, stop: StopRequest) -> Asking[tuple[State, list]]:
        """What is left of the training, its chunks asked for; gives the last state and all rows of metrics.

        Raises:
            Preempted: asked to stop; the state is saved.
            AelabError: whatever else a user can cause; `status.json` says failed and why.
        """
        with self._told():
            return (yield from self._train(progress, stop))

    def conclude(self, state: State, rows: list, progress: Quiet, stop: StopRequest) -> None:
        """Score, draw and summarise what was trained to its end.

        Raises:
            Preempted: asked to stop; nothing is lost.
            AelabError: whatever else a user can cause; `status.json` says failed and why.
        """
        with self._told():
            stop.at_once = True  # the state is saved
            try:
                if stop():  # asked in the last chunk
                    raise KeyboardInterrupt
                self._conclude(state, rows, progress)
            except KeyboardInterrupt:
                raise Preempted("stopped while scoring; the same command goes on from there") from None
            finally:
                stop.at_once = False

    @contextlib.contextmanager
    def _told(self) -> Generator[None]:
        """What goes wrong stands in the folder."""
        try:
            yield
        except AelabError as error:
            self._failed("preempted" if isinstance(error, Preempted) else "failed", error)
            raise

    def _failed(self, state: str, error: AelabError) -> None:
        """Say in the folder what went wrong, as far as it can still be written."""
        with contextlib.suppress(StorageError):
            self.run.status(state, self.run.read("status.json").get("step", 0), str(error))
            if state == "failed":
                self.run.log(f"trouble: {error}")
            if isinstance(error, NonFiniteError):
                report.write(self.run.path)

    def _train(self, progress: Quiet, stop: StopRequest) -> Asking[tuple[State, list]]:
        run = self.run
        progress.say(f"run {run.path}")
        with contextlib.ExitStack() as stack:
            open_ = lambda name, keep: stack.enter_context(  # noqa: E731
                contextlib.closing(Checkpoints(run.path / name, keep, progress.say))
            )
            checkpoints, best = open_("checkpoints", self.config.keep), open_("best", 1)
            state, sums = self._begin(checkpoints, progress)
            rows = run.cut(int(state.step))
            for name in ("digests.jsonl", "nonfinite.jsonl"):
                run.cut(int(state.step), name)
            events = stack.enter_context(contextlib.closing(Events(run.path / "events", int(state.step))))
            hooks = self._hooks(checkpoints, best, events, progress, stop)
            progress.start(int(state.step))
            while True:
                try:
                    return (yield from fit(state, sums, rows, self.trainer.cadence, hooks, self.config.patience))
                except NonFiniteError as error:
                    state, sums = self._recover(error, checkpoints, progress)
                    rows = run.rows()

    def _hooks(self, checkpoints, best, events: Events, progress: Quiet, stop: StopRequest):
        """What the loop does to the folder and the screen."""
        run = self.run

        def record(row: dict) -> None:
            run.append("metrics.jsonl", row)
            now = {"time": time.time(), "examples_per_second": progress.speed(row["step"])}
            run.append("timings.jsonl", {"step": row["step"], **now, "peak_memory_bytes": memory.peak()})
            events.row(row)
            progress.row(row)

        def save(state: State, sums: Sums) -> None:
            checkpoints.save(state, {"sums": sums, "rolled_back": self.rolled_back})
            run.status("running", int(state.step))

        def skipped(step: int, sums: Sums) -> None:
            progress.say(f"step {step} is not finite and was left out")
            run.append("nonfinite.jsonl", diagnosis.left_out(self.trainer, step, sums))

        return Hooks(
            validate=self.trainer.validate,
            record=record,
            save=save,
            probe=self.evidence.probe,
            best=lambda state, loss: best.save(state._replace(opt_state={}), {"validation/loss": loss}),
            finite=lambda state: self.trainer.finite((state.params, state.opt_state, state.extra)),
            skipped=skipped,
            tick=progress.tick,
            stopping=stop,
        )

    def _begin(self, checkpoints: Checkpoints, progress: Quiet) -> tuple[State, Sums]:
        """The state to go on from and the sums of its unfinished epoch; step 0 is saved before anything else."""
        progress.phase("initialising")
        state = self.trainer.fresh()
        restored = checkpoints.restore(state)
        if restored:
            progress.say(f"resumed at step {restored.step}")
            self.evidence.resume(restored.step)
            self.rolled_back = restored.record["rolled_back"]
            return restored.state, restored.record["sums"]
        if reached := self.run.read("status.json").get("step", 0):
            raise CheckpointError(
                f"{checkpoints.folder}: no checkpoint of a run that was at step {reached}; start afresh"
            )
        if self.warm:
            state = state._replace(params=self.warm)
        self.evidence.begin(
            [layer._asdict() for layer in layers(self.experiment.model, state.params, self.splits.spec)]
        )
        self.run.status("running", 0)
        self.run.cut(-1, "digests.jsonl")
        self.evidence.probe(state)
        checkpoints.save(state, {"sums": {}, "rolled_back": 0})
        return state, {}

    def _recover(self, error: NonFiniteError, checkpoints: Checkpoints, progress: Quiet) -> tuple[State, Sums]:
        """Write down what was not finite; then, once and if asked for, the newest checkpoint with the data behind it.

        Raises:
            NonFiniteError: the run ends here.
        """
        checkpoints.wait()
        restored = checkpoints.restore(
            self.trainer.fresh(), lambda step: self.trainer.cadence.due(step, self.trainer.cadence.save)
        )
        if restored is None:
            raise error
        self.run.append(
            "nonfinite.jsonl", {"what": str(error), **diagnosis.diagnose(self.trainer, restored.state, error.step + 1)}
        )
        if self.config.on_nonfinite != "rollback" or self.rolled_back:
            raise error
        self.rolled_back = error.step + 1
        progress.say(f"{error}; the parameters of step {restored.step} go on with the data of step {self.rolled_back}")
        state = restored.state._replace(step=jnp.int32(self.rolled_back))
        same = restored.step // self.trainer.cadence.epoch == self.rolled_back // self.trainer.cadence.epoch
        sums = restored.record["sums"] if same else {}
        checkpoints.save(state, {"sums": sums, "rolled_back": self.rolled_back})
        return state, sums

    def _conclude(self, state: State, rows: list, progress: Quiet) -> None:
        """Scores, figures, summary, report: the run is done when the summary stands."""
        progress.say(f"peak memory of training {memory.peak() / 2**30:.2f} GiB")
        progress.phase("scoring")
        scores = finish.scores(self.experiment, state.params, self.config, self.splits)
        progress.phase("drawing")
        finish.draw(self.run, self.experiment, state.params, self.config, self.splits, rows)
        self.evidence.end(scores, state)
        finish.summarise(self.run, state, self.trainer.cadence.epoch, scores, rows, progress.log)
        self.run.status("done", int(state.step))
