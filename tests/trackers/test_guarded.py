"""A tracker that raises or hangs is dropped with one line, and nobody waits for it."""

import threading
import time

import pytest

from aelab.trackers import Guarded


class Recorder:
    def __init__(self):
        self.calls = []

    def row(self, values, step):
        self.calls.append((step, values))

    def end(self, scores, pictures):
        self.calls.append(("end", scores, pictures))

    def close(self):
        self.calls.append("close")


def guarded(make, said, **limits):
    return Guarded("fake", make, said.append, **{"patience": 5.0, "parting": 5.0, **limits})


def test_calls_arrive_in_their_order_and_none_is_lost():
    tracker, said = Recorder(), []
    under_way = guarded(lambda: tracker, said)
    for step in range(100):
        under_way.row({"train/loss": float(step)}, step)
    under_way.end({"test/elbo": -1.0}, {})
    under_way.close()
    rows = [(step, {"train/loss": float(step)}) for step in range(100)]
    assert tracker.calls == [*rows, ("end", {"test/elbo": -1.0}, {}), "close"]
    assert said == []


def failing(where):
    class Failing(Recorder):
        def fail(self, *_):
            raise SystemExit(f"no {where}\nand a second line")

    setattr(Failing, where, Failing.fail)
    return Failing


@pytest.mark.parametrize("where", ["__init__", "row", "end", "close"])
def test_one_that_raises_is_dropped_in_one_line(where):
    said = []
    under_way = guarded(failing(where), said)
    for step in range(3):
        under_way.row({}, step)
    under_way.end({}, {})
    under_way.close()
    under_way.close()
    assert said == [f"--track fake: dropped, SystemExit: no {where}; the run goes on without it"]


@pytest.mark.parametrize("where", ["__init__", "row", "close"])
def test_one_that_hangs_holds_nobody_up(where):
    hold, said = threading.Event(), []

    class Hanging(Recorder):
        def wait(self, *_):
            hold.wait(30)

    setattr(Hanging, where, Hanging.wait)
    under_way = guarded(Hanging, said, parting=0.1)
    begun = time.monotonic()
    for step in range(1000):
        under_way.row({}, step)
    under_way.close()
    assert time.monotonic() - begun < 3
    hold.set()
    assert said == ["--track fake: dropped, it did not answer within 0.1 s; the run goes on without it"]


def test_one_that_hangs_is_dropped_while_the_run_trains():
    hold, said = threading.Event(), []
    under_way = guarded(lambda: hold.wait(30), said, patience=0.05)
    time.sleep(0.1)
    under_way.row({}, 1)
    under_way.row({}, 2)
    hold.set()
    assert said == ["--track fake: dropped, it did not answer within 0.05 s; the run goes on without it"]
