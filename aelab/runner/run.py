"""One run from where it stands to its end: train, score, draw, summarise."""

import contextlib
import math
from collections.abc import Generator
from typing import Any

from aelab import report
from aelab.data.files import reason
from aelab.devices import memory, processes
from aelab.errors import AelabError, NonFiniteError, Preempted, StorageError
from aelab.runner import finish
from aelab.runner.acts import Acts, Saving
from aelab.runner.hooks import make_hooks
from aelab.runner.progress import LogProgress, ScreenProgress
from aelab.runner.resume import SavedStates
from aelab.runner.seldom import Seldom
from aelab.runner.stop import StopRequest
from aelab.runs.folder import Run
from aelab.runs.record import RunRecord
from aelab.runs.start import Start
from aelab.trackers import Trackers
from aelab.training.cadence import patience_of
from aelab.training.loop import ChunkRequests, drive, fit
from aelab.training.prefetch import Prefetch
from aelab.training.state import State
from aelab.training.trainer import Trainer


class TrainingRun:
    """A locked run folder and all that trains in it.

    `start` is what another run gives in the place of fresh parameters. `population` describes the population that the
    run trains with, for its record; None for a run on its own. `acts` is what is done with its state, beside
    training it.
    """

    def __init__(
        self,
        run: Run,
        trainer: Trainer,
        start: Start | None = None,
        population: dict[str, Any] | None = None,
        acts: Acts | None = None,
    ):
        self.run, self.trainer, self.start = run, trainer, start
        self.acts = acts or Acts(trainer, run)
        self.config, self.experiment, self.splits = trainer.config, trainer.experiment, trainer.splits
        self.record = RunRecord(run, self.config, self.splits, population)
        self.trackers: Trackers | None = None  # from the first step to the last score

    def finish(self) -> None:
        """Train what is left, then score, draw and summarise.

        Raises:
            Preempted: asked to stop; the state is saved.
            AelabError: whatever else a user can cause; `status.json` says failed and why.
        """
        trainer = self.trainer
        with (
            StopRequest() as stop,
            ScreenProgress(trainer.cadence.end, trainer.feed.batch_size, self.run.log) as progress,
            Prefetch(trainer.read, trainer.cadence.spans) as ahead,
        ):
            requests = self.train(progress, stop)
            ended = drive(requests, lambda chunk: trainer.advance(chunk.state, ahead.chunk(chunk.step, chunk.length)))
            if trainer.cadence.end < trainer.cadence.total:
                self._untrack()
                return self.run.status("preempted", trainer.cadence.end, "ended early, as asked")
            self.conclude(*ended, progress, stop)

    def train(self, progress: LogProgress, stop: StopRequest) -> ChunkRequests[tuple[State, list]]:
        """Request the chunks that are left of the training; gives the last state and all rows of metrics.

        Raises:
            Preempted: asked to stop; the state is saved.
            AelabError: whatever else a user can cause; `status.json` says failed and why.
        """
        with self._failures_recorded():
            try:
                return (yield from self._train(progress, stop))
            except BaseException:
                self._untrack()
                raise

    def conclude(self, state: State, rows: list, progress: LogProgress, stop: StopRequest) -> None:
        """Score, draw and summarise what was trained to its end.

        Raises:
            Preempted: asked to stop; nothing is lost.
            AelabError: whatever else a user can cause; `status.json` says failed and why.
        """
        with self._failures_recorded():
            stop.at_once = True  # the state is saved
            try:
                if stop():  # asked in the last chunk
                    raise KeyboardInterrupt
                self._conclude(state, rows, progress)
            except KeyboardInterrupt:
                raise Preempted("stopped while scoring; the same command goes on from there") from None
            finally:
                stop.at_once = False
                self._untrack()

    @contextlib.contextmanager
    def _failures_recorded(self) -> Generator[None]:
        """Write an error that is raised inside into the run folder, and let it go on.

        One that nobody foresaw is written too: the run must not say for ever that it is running.
        """
        try:
            with processes.team().explained():
                yield
        except AelabError as error:
            self._record_failure("preempted" if isinstance(error, Preempted) else "failed", error)
            raise
        except Exception as error:
            self._record_failure("failed", error)
            raise

    def _record_failure(self, state: str, error: Exception) -> None:
        """Write status, log and report of a run that failed, as far as they can still be written."""
        said = str(error) if isinstance(error, AelabError) else f"{type(error).__name__}: {reason(error)}"
        with contextlib.suppress(StorageError):
            self.run.status(state, self.run.read("status.json").get("step", 0), said)
            if state == "failed":
                self.run.log(f"trouble: {said}")
            if isinstance(error, NonFiniteError):
                report.write(self.run.path)

    def _train(self, progress: LogProgress, stop: StopRequest) -> ChunkRequests[tuple[State, list]]:
        run = self.run
        progress.say(f"run {run.path}")
        for note in self.splits.notes:
            progress.say(note)
        with contextlib.ExitStack() as stack:
            checkpoints, best = (
                stack.enter_context(contextlib.closing(saving)) for saving in self._checkpoints(progress)
            )
            saved = SavedStates(run, self.acts, self.record, checkpoints, progress)
            state, sums = saved.first(self.start)
            rows = run.truncate(int(state.step))
            for name in ("digests.jsonl", "nonfinite.jsonl"):
                run.truncate(int(state.step), name)
            self.trackers = Trackers(run, self.trainer, int(state.step), progress.say)
            hooks = make_hooks(run, self.acts, self.record, saved, best, self.trackers, progress, stop)
            cadence = self.trainer.cadence
            patience = patience_of(self.config, cadence.epoch)
            progress.start(int(state.step))
            while True:
                try:
                    return (yield from fit(state, sums, rows, cadence, hooks, patience))
                except NonFiniteError as error:
                    state, sums = saved.after_nonfinite(error)
                    rows = run.rows()

    def _checkpoints(self, progress: LogProgress) -> tuple[Saving, Saving]:
        """The newest checkpoints, and the best state; in a population they are written when they are old enough.

        Not where training may be rolled back: to which checkpoint must not depend on the time.
        """
        newest, best = (
            self.acts.checkpoints(name, keep, progress.say)
            for name, keep in (("checkpoints", self.config.keep), ("best", 1))
        )
        if not self.record.population or self.config.on_nonfinite == "rollback":
            return newest, best
        held = Seldom(best, seconds=math.inf)
        return Seldom(newest, first=held), held

    def _conclude(self, state: State, rows: list, progress: LogProgress) -> None:
        """Scores, figures, summary, report: the run is done when the summary stands."""
        progress.say(f"peak memory of training {memory.peak() / 2**30:.2f} GiB")
        progress.phase("scoring")
        found = self.acts.scored(state)
        progress.phase("drawing")
        finish.draw(self.run, self.experiment, self.config, self.acts.drawn(state), rows)
        self.record.end(found.scores, found.params_sha256)
        finish.summarise(self.run, self.trainer, state, found, rows, progress.log)
        if self.trackers:
            self.trackers.end(found.scores, finish.pictures_of(self.run, self.config))
        self.run.status("done", int(state.step))

    def _untrack(self) -> None:
        if self.trackers:
            self.trackers.close()
