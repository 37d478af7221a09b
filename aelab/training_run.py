"""One run from where it stands to its end: train, score, draw, summarise."""

import contextlib
import time
from functools import cached_property, partial

import jax
import jax.numpy as jnp
import numpy as np

from aelab import conclusion, nonfinite, parallel, report
from aelab.batch import Hyper
from aelab.checkpoints import Checkpoints, Restored
from aelab.config import Config
from aelab.console import Progress, StopRequest
from aelab.data.batches import batch_indices
from aelab.data.source import Splits
from aelab.errors import AelabError, CheckpointError, NonFiniteError, Preempted, StorageError
from aelab.evaluation.layers import layers
from aelab.evaluation.scores import make_validate
from aelab.events import Events
from aelab.evidence import PROBES, Evidence
from aelab.experiment import Experiment, fresh_state, hyper
from aelab.runs import Run
from aelab.seeds import Purpose, key_for
from aelab.training.feed import LONGEST, choose_feed
from aelab.training.loop import Cadence, Hooks, Sums, choose_chunk, fit
from aelab.training.prefetch import Prefetch
from aelab.training.state import State
from aelab.training.step import Keys, all_finite, make_chunk, make_step


class TrainingRun:
    """A locked run folder and all that trains in it; `until` ends training early, as if more were to come."""

    def __init__(
        self, run: Run, config: Config, experiment: Experiment, splits: Splits, mode, devices, warm=None, until: int = 0
    ):
        self.run, self.config, self.experiment, self.splits, self.warm = run, config, experiment, splits, warm
        self.feed = ResidentFeed(splits.train, batch_size=config.batch_size, seed=config.seed, devices=len(devices))
        self.cadence = cadence(config, self.feed.steps_per_epoch, until)
        self.hyper = hyper(config, self.feed.steps_per_epoch, self.cadence.total)
        self.program = parallel.compile_chunk(mode, devices, self._chunk_for)
        self.evidence = Evidence(run, config, splits)
        self.rolled_back = 0  # the step from which training went on after it was not finite

    def _chunk_for(self, axis_name: str | None):
        objective, skip = partial(self.experiment.objective, self.experiment.model), self.skip
        step = make_step({"model": objective}, {"model": self.experiment.optimizer}, axis_name=axis_name, skip=skip)
        return make_chunk(step, self.feed.batch, self.experiment.corruption)

    @property
    def skip(self) -> bool:
        return self.config.on_nonfinite == "skip"

    @cached_property
    def traced(self) -> Hyper:
        """The hyperparameters as arrays, so that the program knows their shapes only."""
        return jax.tree.map(jnp.float32, self.hyper)

    def finish(self) -> None:
        """Train what is left, then score, draw and summarise.

        Raises:
            Preempted: asked to stop; the state is saved.
            AelabError: whatever else a user can cause; `status.json` says failed and why.
        """
        total = self.cadence.end
        with StopRequest() as stop, Progress(total, self.config.batch_size, self.run.log) as progress:
            try:
                state, rows = self._train(progress, stop)
                if self.cadence.end < self.cadence.total:
                    return
                stop.at_once = True  # the state is saved
                if stop():  # asked in the last chunk
                    raise KeyboardInterrupt
                self._conclude(state, rows, progress)
            except KeyboardInterrupt:
                if not stop.at_once:
                    raise
                self.run.status("preempted", total, "stopped while scoring")
                raise Preempted("stopped while scoring; the same command goes on from there") from None
            except Preempted as error:
                self._failed("preempted", error)
                raise
            except AelabError as error:
                self._failed("failed", error)
                raise

    def _failed(self, state: str, error: AelabError) -> None:
        """Say in the folder what went wrong, as far as it can still be written."""
        with contextlib.suppress(StorageError):
            self.run.status(state, self.run.read("status.json").get("step", 0), str(error))
            if state == "failed":
                self.run.log(f"trouble: {error}")
            if isinstance(error, NonFiniteError):
                report.write(self.run.path)

    def _train(self, progress: Progress, stop: StopRequest) -> tuple[State, list]:
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
            progress.start(int(state.step))
            while True:
                try:
                    hooks = self._hooks(checkpoints, best, events, progress, stop)
                    return fit(self.program.place(state), sums, rows, self.cadence, hooks, self.config.patience)
                except NonFiniteError as error:
                    state, sums = self._recover(error, checkpoints, progress)
                    rows = run.rows()

    def _hooks(self, checkpoints, best, events: Events, progress: Progress, stop: StopRequest) -> Hooks:
        run = self.run

        def record(row: dict) -> None:
            run.append("metrics.jsonl", row)
            timed = {"step": row["step"], "time": time.time(), "examples_per_second": progress.speed(row["step"])}
            run.append("timings.jsonl", timed)
            events.row(row)
            progress.row(row)

        def save(state: State, sums: Sums) -> None:
            checkpoints.save(state, {"sums": sums, "rolled_back": self.rolled_back})
            run.status("running", int(state.step))

        def skipped(step: int) -> None:
            progress.say(f"step {step} is not finite and was left out")
            run.append("nonfinite.jsonl", {"step": step, "examples": self._examples(step).tolist()})

        return Hooks(
            chunk=self._advance,
            validate=self._validate,
            record=record,
            save=save,
            probe=self.evidence.probe,
            best=lambda state, loss: best.save(state._replace(opt_state={}), {"validation/loss": loss}),
            finite=lambda state: bool(self._finite((state.params, state.opt_state, state.extra))),
            skipped=skipped,
            tick=progress.tick,
            stopping=stop,
        )

    @cached_property
    def _placed(self):
        """What every call of the program is given beside state and plan."""
        keys = Keys(key_for(self.config.seed, Purpose.TRAIN), key_for(self.config.seed, Purpose.CORRUPT))
        return self.program.place((self.feed.resident, keys, self.traced))

    def _advance(self, state: State, step: int, length: int = 1):
        resident, keys, traced = self._placed
        return self.program.run(state, resident, self.feed.chunk(step, length), keys, traced)

    @cached_property
    def _finite(self):
        return jax.jit(all_finite)

    def _fresh(self) -> State:
        return fresh_state(self.experiment, self.splits.spec, self.config.seed, self.traced, skip=self.skip)

    def _begin(self, checkpoints: Checkpoints, progress: Progress) -> tuple[State, Sums]:
        """The state to go on from and the sums of its unfinished epoch; step 0 is saved before anything else."""
        progress.phase("initialising")
        state = self._fresh()
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

    def _recover(self, error: NonFiniteError, checkpoints: Checkpoints, progress: Progress) -> tuple[State, Sums]:
        """Write down what was not finite; then, once and if asked for, the newest checkpoint with the data behind it.

        Raises:
            NonFiniteError: the run ends here.
        """
        checkpoints.wait()
        restored = checkpoints.restore(self._fresh(), lambda step: self.cadence.due(step, self.cadence.save))
        if restored is None:
            raise error
        self.run.append("nonfinite.jsonl", {"step": error.step, "what": str(error), **self._examine(error, restored)})
        if self.config.on_nonfinite != "rollback" or self.rolled_back:
            raise error
        self.rolled_back = error.step + 1
        progress.say(f"{error}; the parameters of step {restored.step} go on with the data of step {self.rolled_back}")
        state = restored.state._replace(step=jnp.int32(self.rolled_back))
        same = restored.step // self.cadence.epoch == self.rolled_back // self.cadence.epoch
        sums = restored.record["sums"] if same else {}
        checkpoints.save(state, {"sums": sums, "rolled_back": self.rolled_back})
        return state, sums

    def _examine(self, error: NonFiniteError, restored: Restored) -> dict:
        """The steps from a checkpoint on once more, one by one, and what is wrong with the first bad one."""
        state = self.program.place(restored.state)
        before = nonfinite.first_bad_step(self._advance, state, error.step + 1)
        if before is None:
            return {"examples": self._examples(error.step).tolist()}
        step, examples = int(before.step), self._examples(int(before.step))
        plan = jax.tree.map(lambda rows: rows[0], self.feed.chunk(step, 1))
        batch = self.feed.batch(self.feed.resident, plan)
        batch = jax.tree.map(lambda rows: rows[: len(examples)], batch)
        if self.experiment.corruption is not None:
            key = jax.random.fold_in(key_for(self.config.seed, Purpose.CORRUPT), step)
            batch = self.experiment.corruption(key, batch, self.traced)
        key = jax.random.fold_in(key_for(self.config.seed, Purpose.TRAIN), step)

        def objective(params, batch, step, extra):
            own = self.experiment.objective
            return own(self.experiment.model, params, key, batch, step=step, hyper=self.traced, extra=extra)

        return {"step": step, **nonfinite.examine(objective, before, batch, examples)}

    def _examples(self, step: int) -> np.ndarray:
        return batch_indices(self.config.seed, step, len(self.splits.train), self.config.batch_size)

    @cached_property
    def _validate(self):
        if self.splits.validation is None:
            return None
        objective = partial(self.experiment.objective, self.experiment.model)
        key = key_for(self.config.seed, Purpose.EVALUATE)
        validate = make_validate(objective, self.splits.validation, key, self.traced)
        return lambda params, step: validate(parallel.on_one(params), step)

    def _conclude(self, state: State, rows: list, progress: Progress) -> None:
        """Scores, figures, summary, report: the run is done when the summary stands."""
        progress.phase("scoring")
        scores = conclusion.scores(self.experiment, state.params, self.config, self.splits)
        progress.phase("drawing")
        conclusion.draw(self.run, self.experiment, state.params, self.config, self.splits, rows)
        self.evidence.end(scores, state)
        conclusion.summarise(self.run, state, self.cadence.epoch, scores, rows, progress.log)
        self.run.status("done", int(state.step))


def cadence(config: Config, steps_per_epoch: int, until: int = 0) -> Cadence:
    """The cadences of a config, its epochs turned into steps."""

    def steps(epochs: float) -> int:
        return max(1, round(epochs * steps_per_epoch))

    return Cadence(
        total=2 if config.smoke else config.epochs * steps_per_epoch,
        epoch=steps_per_epoch,
        chunk=config.chunk or choose_chunk(steps_per_epoch, longest),
        evaluate=steps(config.eval_every),
        save=steps(config.save_every),
        probes=PROBES,
        until=until,
    )
