"""Checkpoints of a population are written where the last is old enough, and none is lost when a member ends."""

import math
from pathlib import Path
from typing import NamedTuple

import pytest

from aelab.runner.seldom import Seldom


class At(NamedTuple):
    """As much of a state as is looked at."""

    step: int


class Written:
    """Checkpoints that note what is written, in one order for several of them."""

    folder = Path("checkpoints")

    def __init__(self, name: str, log: list):
        self.name, self.log = name, log

    def save(self, state, record):
        self.log.append((self.name, state.step, record))

    def restore(self, template, wanted=lambda step: True):
        self.log.append((self.name, "restored"))

    def wait(self):
        self.log.append((self.name, "waited"))

    def close(self):
        self.log.append((self.name, "closed"))


@pytest.fixture
def held():
    """A pair as a run has it, the log of what is written, and the time, which a test may change."""
    log, now = [], [100.0]
    best = Seldom(Written("best", log), seconds=math.inf, clock=lambda: now[0])
    return Seldom(Written("newest", log), first=best, seconds=10, clock=lambda: now[0]), best, log, now


def test_the_first_is_written_at_once_and_the_next_when_it_is_old_enough(held):
    newest, _, log, now = held
    for step, seconds in ((0, 0), (5, 4), (10, 4), (15, 4), (20, 1)):
        now[0] += seconds
        newest.save(At(step), {"of": step})
    assert log == [("newest", 0, {"of": 0}), ("newest", 15, {"of": 15})]
    newest.close()
    assert log[2:] == [("newest", 20, {"of": 20}), ("newest", "closed")]


def test_a_best_state_is_on_the_disk_before_a_checkpoint_that_is_no_older(held):
    newest, best, log, now = held
    newest.save(At(0), {})
    best.save(At(5), {"loss": 2.0})
    best.save(At(10), {"loss": 1.0})
    assert log == [("newest", 0, {})]
    now[0] += 20
    newest.save(At(10), {})
    assert log[1:] == [("best", 10, {"loss": 1.0}), ("newest", 10, {})]


@pytest.mark.parametrize("look", ["wait", "restore", "close"])
def test_whoever_looks_finds_what_was_held(held, look):
    newest, _, log, _ = held
    newest.save(At(0), {})
    newest.save(At(5), {})
    getattr(newest, look)(*(["template"] if look == "restore" else []))
    assert [entry[1] for entry in log[:2]] == [0, 5]
    assert len(log) == 3
