"""One run from where it stands to its end: train, score, draw, summarise."""

import time
from functools import cached_property, partial

import jax
import jax.numpy as jnp

from aelab import figures, manifest, memory, parallel, report
from aelab.batch import Hyper
from aelab.checkpoints import Checkpoints, digest
from aelab.config import Config, how
from aelab.console import Progress, StopRequest
from aelab.data.source import Splits
from aelab.errors import AelabError, NonFiniteError, Preempted
from aelab.evaluation.layers import layers, parameter_count
from aelab.evaluation.pictures import pictures
from aelab.evaluation.scores import make_validate, score
from aelab.evaluation.trouble import trouble
from aelab.events import Events
from aelab.experiment import Experiment, fresh_state, hyper
from aelab.runs import SCHEMA, Run
from aelab.seeds import Purpose, key_for
from aelab.training.feed import LONGEST, choose_feed
from aelab.training.loop import Cadence, Hooks, Sums, choose_chunk, fit
from aelab.training.prefetch import Prefetch
from aelab.training.state import State
from aelab.training.step import Keys, make_chunk, make_step


class TrainingRun:
    """A locked run folder and all that trains in it."""

    def __init__(self, run: Run, config: Config, experiment: Experiment, splits: Splits, mode, devices, warm=None):
        self.run, self.config, self.experiment, self.splits, self.warm = run, config, experiment, splits, warm
        settings = {"batch_size": config.batch_size, "seed": config.seed, "devices": len(devices)}
        self.feed = choose_feed(splits.train, resident_bytes=config.resident_mib << 20, **settings)
        self.cadence = cadence(config, self.feed.steps_per_epoch, self.feed.longest)
        self.hyper = hyper(config, self.feed.steps_per_epoch, self.cadence.total)
        self.program = parallel.compile_chunk(mode, devices, self._chunk_for)

    def _chunk_for(self, axis_name: str | None):
        objective, optimizer = partial(self.experiment.objective, self.experiment.model), self.experiment.optimizer
        step = make_step({"model": objective}, {"model": optimizer}, axis_name=axis_name)
        return make_chunk(step, self.feed.batch, self.experiment.corruption)

    def _chunk(self, step: int, length: int):
        return self.program.spread(self.feed.chunk(step, length))

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
        total = self.cadence.total
        with StopRequest() as stop, Progress(total, self.config.batch_size, self.run.log) as progress:
            step = lambda: self.run.read("status.json").get("step", 0)  # noqa: E731
            try:
                state, rows = self._train(progress, stop)
                stop.at_once = True  # the state is saved
                if stop():  # asked in the last chunk
                    raise KeyboardInterrupt
                self._conclude(state, rows, progress)
            except KeyboardInterrupt:
                if not stop.at_once:
                    raise
                self.run.status("preempted", self.cadence.total, "stopped while scoring")
                raise Preempted("stopped while scoring; the same command goes on from there") from None
            except Preempted as error:
                self.run.status("preempted", step(), str(error))
                raise
            except AelabError as error:
                self.run.status("failed", step(), str(error))
                self.run.log(f"trouble: {error}")
                if isinstance(error, NonFiniteError):
                    report.write(self.run.path)
                raise

    def _train(self, progress: Progress, stop: StopRequest) -> tuple[State, list]:
        run, config = self.run, self.config
        progress.say(f"run {run.path}")
        checkpoints = Checkpoints(run.path / "checkpoints", config.keep, progress.say)
        state, sums = self._begin(checkpoints, progress)
        step = int(state.step)
        rows = run.cut(step)
        events = Events(run.path / "events", step)
        keys = Keys(key_for(config.seed, Purpose.TRAIN), key_for(config.seed, Purpose.CORRUPT))
        state, resident, keys, traced = self.program.place((state, self.feed.resident, keys, self.traced))

        def chunk(state: State, step: int, length: int):
            return self.program.run(state, resident, ahead.chunk(step, length), keys, traced)

        def record(row: dict) -> None:
            run.record(row)
            speed = progress.speed(row["step"])
            now = {"time": time.time(), "examples_per_second": speed, "peak_memory_bytes": memory.peak()}
            run.timing({"step": row["step"], **now})
            events.row(row)
            progress.row(row)

        def save(state: State, sums: Sums) -> None:
            checkpoints.save(state, {"sums": sums})
            run.status("running", int(state.step))

        progress.start(step)
        hooks = Hooks(chunk, self._validate, record, save, progress.tick, stop)
        ahead = Prefetch(self._chunk, self.cadence.spans)
        try:
            return fit(state, sums, rows, self.cadence, hooks, config.patience)
        finally:
            ahead.close()
            events.close()
            checkpoints.close()

    def _begin(self, checkpoints: Checkpoints, progress: Progress) -> tuple[State, Sums]:
        """The state to go on from and the sums of its unfinished epoch; step 0 is saved before anything else."""
        progress.phase("initialising")
        state = fresh_state(self.experiment, self.splits.spec, self.config.seed, self.traced)
        restored = checkpoints.restore(state)
        if restored:
            progress.say(f"resumed at step {restored.step}")
            return restored.state, restored.record["sums"]
        if self.warm:
            state = state._replace(params=self.warm)
        self._describe(state)
        self.run.status("running", 0)
        checkpoints.save(state, {"sums": {}})
        return state, {}

    def _describe(self, state: State) -> None:
        """Write the manifest."""
        train, spec = self.splits.train, self.splits.spec
        self.run.write(
            "manifest.json",
            {
                "schema": SCHEMA,
                "command": manifest.command(),
                "seed": self.config.seed,
                "how": how(self.config),
                **manifest.fingerprint(),
                "data": {
                    "name": self.splits.name,
                    "spec": spec._asdict(),
                    "examples": {n: len(s) for n, s in self._splits.items()},
                    "fingerprint": train.fingerprint,
                    "test_fingerprint": self.splits.test.fingerprint,
                },
                "layers": [layer._asdict() for layer in layers(self.experiment.model, state.params, spec)],
                "state_sha256": digest(state),
            },
        )

    @property
    def _splits(self) -> dict:
        named = {"train": self.splits.train, "validation": self.splits.validation, "test": self.splits.test}
        return {name: split for name, split in named.items() if split is not None}

    @cached_property
    def _key(self):
        return key_for(self.config.seed, Purpose.EVALUATE)

    @cached_property
    def _validate(self):
        if self.splits.validation is None:
            return None
        objective = partial(self.experiment.objective, self.experiment.model)
        validate = make_validate(objective, self.splits.validation, self._key, self.traced)
        return lambda params, step: validate(parallel.on_one(params), step)

    def _conclude(self, state: State, rows: list, progress: Progress) -> None:
        """Scores, figures, summary, report: the run is done when the summary stands."""
        model, params, run = self.experiment.model, parallel.on_one(state.params), self.run
        progress.say(f"peak memory of training {memory.peak() / 2**30:.2f} GiB")
        progress.phase("scoring")
        samples = getattr(self.config, "importance_samples", 0)
        scores = {f"test/{k}": v for k, v in score(model, params, self._key, self.splits.test, samples=samples).items()}
        if self.splits.validation is not None:
            held_out = score(model, params, self._key, self.splits.validation)
            scores |= {f"validation/{k}": v for k, v in held_out.items()}
        progress.phase("drawing")
        drawn = pictures(model, params, key_for(self.config.seed, Purpose.GENERATE), self.splits.test)
        drawn["curves"] = figures.gather(rows)
        for name, arrays in drawn.items():
            figures.save(run.path / "figures", name, arrays)
        step = int(state.step)
        summary = {
            "run": run.path.name,
            "status": "done",
            "step": step,
            "epochs": step / self.cadence.epoch,
            "scores": scores,
            "params_sha256": digest(state.params),
            "parameters": parameter_count(params),
            "trouble": trouble(scores, rows),
        }
        for line in summary["trouble"]:
            progress.log(f"trouble: {line}")
        run.write("summary.json", summary)
        report.write(run.path)
        run.status("done", step)


def cadence(config: Config, steps_per_epoch: int, longest: int = LONGEST) -> Cadence:
    """The cadences of a config, its epochs turned into steps."""

    def steps(epochs: float) -> int:
        return max(1, round(epochs * steps_per_epoch))

    return Cadence(
        total=2 if config.smoke else config.epochs * steps_per_epoch,
        epoch=steps_per_epoch,
        chunk=config.chunk or choose_chunk(steps_per_epoch, longest),
        evaluate=steps(config.eval_every),
        save=steps(config.save_every),
    )
