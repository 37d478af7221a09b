"""What a terminal shows is the newest there is."""

import pytest

from aelab.runner.progress import LogProgress, MemberProgress, ScreenProgress


class Bar:
    """What the bar of a terminal was told last."""

    def __init__(self):
        self.fields = {}
        self.console = self

    def update(self, task, **fields):
        self.fields |= fields

    def print(self, line, **style):
        """Lines above the bar."""


@pytest.fixture
def screen(monkeypatch):
    progress = ScreenProgress(100, 10, lambda line: None)
    progress._bar, progress._task = Bar(), 0
    progress.start(0)
    return progress


def row(step, split, loss):
    return {"step": step, "epoch": step / 20, "split": split, "loss": loss}


def test_where_a_chunk_is_an_epoch_the_losses_are_those_of_its_row(screen):
    """The sums of an epoch end with it: every tick comes without any."""
    for step, loss in ((20, 719.15), (40, 707.51)):
        screen.row(row(step, "train", loss))
        screen.row(row(step, "validation", 1.0))
        screen.tick(step, {})
        assert screen._bar.fields["speed"].startswith(f"loss {loss:.2f}  ")
        assert screen._bar.fields["completed"] == step


def test_a_population_shows_the_newest_row_of_any_member(screen):
    members = [MemberProgress(10, lambda line: None, screen, f"s{i}") for i in range(2)]
    for member, loss in zip(members, (719.15, 707.51), strict=True):
        member.row(row(20, "train", loss))
    screen.tick(40, {})
    assert screen._bar.fields["speed"].startswith("s1: loss 707.51  ")


def test_within_an_epoch_they_are_those_of_its_steps_so_far(screen):
    screen.row(row(20, "train", 700.0))
    screen.tick(25, {"count": 2.0, "loss": 1300.0})
    assert screen._bar.fields["speed"].startswith("loss 650.00  ")
    screen.tick(40, {})
    assert screen._bar.fields["speed"].startswith("loss 650.00  ")


def test_the_speed_of_a_row_is_that_since_the_row_before_without_compiling(monkeypatch):
    clock = {"now": 0.0, "compiled": 0.0}
    monkeypatch.setattr("aelab.runner.progress.time.perf_counter", lambda: clock["now"])
    monkeypatch.setattr(
        "aelab.runner.progress.compiling.seconds_since", lambda when: clock["compiled"] if when < 30 else 0.0
    )
    progress = LogProgress(10, lambda line: None)
    progress.start(0)
    clock.update(now=30.0, compiled=20.0)
    assert progress.lap(50) == pytest.approx(50 * 10 / 10)
    assert progress.lap(50) == pytest.approx(50 * 10 / 10)  # the row of validation
    clock.update(now=32.0)
    assert progress.lap(90) == pytest.approx(40 * 10 / 2)
    assert progress.speed(90) == pytest.approx(90 * 10 / 12)
