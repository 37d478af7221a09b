"""The loop does things when they are due, repeats itself, and stops when it must."""

from types import SimpleNamespace

import numpy as np
import pytest

from aelab.errors import NonFiniteError, Preempted
from aelab.training.cadence import Cadence, choose_chunk
from aelab.training.early_stopping import Patience, out_of_patience
from aelab.training.loop import Hooks, drive, fit
from aelab.training.step import Metrics


class World:
    """A state that counts steps, losses that are a function of the step, and a diary."""

    def __init__(self, validation=lambda step: 1.0, loss=lambda step: 0.1 * step, stop_at=None):
        self.diary, self.saved, self.rows = [], [], []
        self.probed, self.kept, self.skipped, self.spoiled = [], [], [], set()
        self.validation, self.loss, self.stop_at, self.now = validation, loss, stop_at, 0

    def count(self, step):
        return 2.0

    def chunk(self, state, step, length):
        losses = np.array([self.loss(s) for s in range(step, step + length)], np.float32)
        self.now = step + length
        self.diary.append((step, length))
        counts = np.array([self.count(s) for s in range(step, step + length)])
        return SimpleNamespace(step=step + length, params=None), Metrics(counts, {"model": losses}, {})

    def hooks(self):
        return Hooks(
            validate=lambda state: {"loss": self.validation(int(state.step))},
            record=self.rows.append,
            save=lambda state, sums: self.saved.append((state.step, dict(sums))),
            probe=lambda state: self.probed.append(state.step),
            best=lambda state, loss: self.kept.append((state.step, loss)),
            finite=lambda state: state.step not in self.spoiled,
            skipped=lambda step, sums: self.skipped.append(step),
            tick=lambda step, sums: None,
            stopping=lambda: self.stop_at is not None and self.now >= self.stop_at,
        )

    def run(self, cadence, step=0, sums=None, rows=(), patience=0):
        training = fit(SimpleNamespace(step=step, params=None), sums or {}, rows, cadence, self.hooks(), patience)
        return drive(training, lambda request: self.chunk(*request))


CADENCE = Cadence(total=20, epoch=10, chunk=4, evaluate=5, save=10)


def test_no_chunk_crosses_what_is_due():
    world = World()
    world.run(CADENCE)
    assert [step for step, _ in world.diary] == [0, 4, 5, 8, 10, 14, 15, 18]
    assert [row["step"] for row in world.rows if row["split"] == "validation"] == [5, 10, 15, 20]
    assert [step for step, _ in world.saved] == [10, 20]


def test_an_epochs_loss_is_the_mean_over_its_examples():
    world = World()
    world.run(CADENCE)
    first, second = (row for row in world.rows if row["split"] == "train")
    assert first["loss"] == pytest.approx(sum(0.1 * s for s in range(10)) / 20)
    assert second["loss"] == pytest.approx(sum(0.1 * s for s in range(10, 20)) / 20)


@pytest.mark.parametrize("chunk", [1, 3, 10])
def test_the_length_of_a_chunk_changes_no_bit(chunk):
    loss = lambda step: np.float32(np.sin(step) * 1e3)  # noqa: E731
    rows = []
    for length in (4, chunk):
        world = World(loss=loss)
        world.run(CADENCE._replace(chunk=length))
        rows.append(world.rows)
    assert rows[0] == rows[1]


@pytest.mark.parametrize("stop_at", [1, 5, 7, 10, 13, 17])
def test_stopped_and_gone_on_is_never_stopped(stop_at):
    straight, first = World(), World(stop_at=stop_at)
    straight.run(CADENCE)
    with pytest.raises(Preempted, match="the same command"):
        first.run(CADENCE)
    step, sums = first.saved[-1]
    second = World()
    second.run(CADENCE, step, sums, [row for row in first.rows if row["step"] <= step])
    assert first.rows + second.rows == straight.rows


def test_patience_stops_and_saves():
    world = World(validation=lambda step: abs(step - 5))
    state, _ = world.run(CADENCE, patience=2)
    assert state.step == 15
    assert world.saved[-1][0] == 15
    assert world.run(CADENCE, 15, {}, world.rows, patience=2)[0].step == 15  # nothing left to do


def test_exhaustion_counts_evaluations_behind_the_best():
    rows = [{"split": "validation", "loss": loss} for loss in (3.0, 2.0, 2.5, 2.0)]
    assert out_of_patience(rows, 2)
    assert not out_of_patience(rows, 3)
    assert not out_of_patience(rows, 0)


def test_a_gain_that_is_too_small_ends_too_whatever_the_scale_and_the_zero_of_the_loss():
    """10 of 100 gained since the first, and 1 of that by the last two evaluations."""
    losses = np.array([110.0, 30.0, 11.0, 12.0, 10.0])
    for scale, zero in ((1.0, 0.0), (1e-3, -5.0), (1e4, 7.0)):
        rows = [{"split": "validation", "loss": scale * loss + zero, "step": 9} for loss in losses]
        assert out_of_patience(rows, Patience(2, gain=0.0101))
        assert not out_of_patience(rows, Patience(2, gain=0.0099))
        assert not out_of_patience(rows, Patience(2, least=10, gain=0.0101))


def test_a_run_ends_with_what_it_settles_on_and_saves_and_digests_it():
    world = World(validation=lambda step: abs(step - 5))
    best = lambda state: SimpleNamespace(step=state.step, params="best")  # noqa: E731
    hooks = world.hooks()._replace(settle=best)
    training = fit(SimpleNamespace(step=0, params=None), {}, (), CADENCE, hooks, Patience(2))
    state, _ = drive(training, lambda request: world.chunk(*request))
    assert (state.step, state.params) == (15, "best")
    assert world.saved[-1][0] == world.probed[-1] == 15


@pytest.mark.parametrize("bad", [0, 7, 19])
def test_a_loss_that_is_not_finite_names_its_step(bad):
    world = World(loss=lambda step: np.nan if step >= bad else 1.0)
    with pytest.raises(NonFiniteError, match=f"step {bad};"):
        world.run(CADENCE)
    assert all(step <= bad for step, _ in world.saved)


def test_a_validation_loss_that_is_not_finite_is_not_saved():
    world = World(validation=lambda step: np.inf)
    with pytest.raises(NonFiniteError, match="validation"):
        world.run(CADENCE)
    assert world.saved == []


def test_probes_are_single_steps_and_belong_to_the_chain_with_saves_and_the_end():
    world = World()
    world.run(CADENCE._replace(probes=(1, 6), until=17))
    assert world.probed == [1, 6, 10, 17]
    assert [step for step, _ in world.diary] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 14, 15, 16]
    assert [step for step, _ in world.saved] == [10]  # more was planned: the end of this part is no checkpoint


def test_the_best_on_validation_is_kept_when_it_comes():
    world = World(validation=lambda step: abs(step - 15))
    world.run(CADENCE)
    assert world.kept == [(5, 10), (10, 5), (15, 0)]


def test_a_state_that_is_not_finite_gets_no_further_than_the_next_milestone():
    world = World()
    world.spoiled = {5}  # the losses say nothing
    with pytest.raises(NonFiniteError, match="step 5;"):
        world.run(CADENCE)
    assert (world.rows, world.saved) == ([], [])


def test_steps_that_count_nothing_are_told_and_an_epoch_of_them_is_the_end():
    world = World()
    world.count = lambda step: 0.0 if step in (3, 12) else 2.0
    world.run(CADENCE)
    assert world.skipped == [3, 12]
    world.count = lambda step: 0.0
    with pytest.raises(NonFiniteError, match="no step was finite"):
        world.run(CADENCE)


def test_chunks_divide_epochs_where_they_can():
    assert [choose_chunk(n) for n in (36, 391, 469, 3, 431, 1000)] == [36, 23, 67, 3, 100, 100]
