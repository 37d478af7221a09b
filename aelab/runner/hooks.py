"""What a run does when its loop says that something is due: rows of metrics, checkpoints, digests, progress."""

import time

from aelab.config.automatic import AUTO
from aelab.devices import memory
from aelab.runner import diagnosis
from aelab.runner.acts import Acts, Saving
from aelab.runner.progress import LogProgress
from aelab.runner.resume import SavedStates
from aelab.runner.stop import StopRequest
from aelab.runs.folder import Run
from aelab.runs.record import RunRecord
from aelab.trackers import Trackers
from aelab.training.loop import Hooks
from aelab.training.metrics import Sums
from aelab.training.state import State


def make_hooks(
    run: Run,
    acts: Acts,
    record: RunRecord,
    saved: SavedStates,
    best: Saving,
    trackers: Trackers,
    progress: LogProgress,
    stop: StopRequest,
) -> Hooks:
    """The hooks of a run: they write to its folder and to the screen."""
    trainer = acts.trainer

    def write_row(row: dict) -> None:
        run.append("metrics.jsonl", row)
        now = {"time": time.time(), "examples_per_second": progress.lap(row["step"])}
        run.append("timings.jsonl", {"step": row["step"], **now, "peak_memory_bytes": memory.peak()})
        trackers.metrics(row)
        progress.row(row)

    def finite(state: State) -> bool:
        trackers.look(state)  # what is asked first of a state behind which rows come
        return trainer.finite((state.params, state.opt_state, state.extra))

    def skipped(step: int, sums: Sums) -> None:
        progress.say(f"step {step} is not finite and was left out")
        run.append("nonfinite.jsonl", diagnosis.diagnose_skipped(trainer, step, sums))

    def settle(state: State) -> State:
        settled, step = acts.settled(best, state)
        progress.say(f"stopped at step {int(state.step):,}; the parameters are those of step {step:,}, the best")
        return settled

    return Hooks(
        validate=acts.validation(progress.say),
        record=write_row,
        save=saved.save,
        probe=lambda state: record.probe(int(state.step), acts.digests(state)),
        best=lambda state, loss: acts.save_scored(best, state, {"validation/loss": loss}),
        finite=finite,
        skipped=skipped,
        tick=progress.tick,
        stopping=stop,
        settle=settle if trainer.config.epochs == AUTO else None,
    )
