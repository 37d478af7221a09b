"""What is read ahead is what would be read on the spot: in order, bounded, and with its errors where they belong."""

import threading
import time

import pytest

from aelab.errors import DataError
from aelab.training.cadence import Cadence
from aelab.training.prefetch import Prefetch

SPANS = [(0, 3), (3, 3), (6, 2), (8, 1), (9, 3)]


def following(step):
    return [span for span in SPANS if span[0] >= step]


def one_by_one(step, end=20):
    return ((i, 1) for i in range(step, end))


def alive():
    return [thread for thread in threading.enumerate() if thread.name.startswith("aelab-prefetch")]


@pytest.mark.parametrize("depth", [1, 2, 5, 9])
@pytest.mark.parametrize("threads", [1, 4])
def test_order_does_not_depend_on_which_read_ends_first(depth, threads):
    def read(step, length):
        time.sleep(0.02 if step % 2 == 0 else 0)
        return step, length, "read"

    with Prefetch(read, following, depth=depth, threads=threads) as ahead:
        assert [ahead.chunk(*span) for span in SPANS] == [(*span, "read") for span in SPANS]
    assert not alive()


def test_no_more_is_ahead_than_the_depth():
    begun = []
    with Prefetch(lambda step, _: begun.append(step), one_by_one, depth=3, threads=3) as ahead:
        for used, span in enumerate(one_by_one(0), 1):
            ahead.chunk(*span)
            time.sleep(0.005)
            assert len(begun) <= used + 3
    assert sorted(begun) == list(range(20))


def test_it_reads_while_nobody_waits():
    read = threading.Event()
    with Prefetch(lambda step, _: step == 3 and read.set(), following) as ahead:
        ahead.chunk(0, 3)
        assert read.wait(5)


def test_an_error_is_raised_where_the_chunk_is_asked_for():
    def read(step, length):
        if step == 3:
            raise DataError("train-00007.npy: cut off")
        return step

    with Prefetch(read, following, depth=4) as ahead:
        assert ahead.chunk(0, 3) == 0
        with pytest.raises(DataError, match="train-00007"):
            ahead.chunk(3, 3)
    assert not alive()


def test_leaving_early_ends_the_threads_and_reads_no_more():
    begun = []

    def read(step, _):
        begun.append(step)
        time.sleep(0.01)

    def interrupted():
        with Prefetch(read, lambda step: one_by_one(step, 10**9), depth=4, threads=2) as ahead:
            ahead.chunk(0, 1)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not alive()
    assert len(begun) <= 5


def test_a_jump_is_read_on_the_spot_and_reading_goes_on_from_there():
    begun = []

    def read(step, length):
        begun.append((step, length))
        return step, length

    with Prefetch(read, following) as ahead:
        asked = [(0, 3), (6, 1), (7, 1), (8, 1), (9, 3), (3, 3), (6, 2), (8, 1)]
        assert [ahead.chunk(*span) for span in asked] == asked
    assert set(begun) <= {*SPANS, *asked}


def test_the_spans_of_a_cadence_are_its_chunks():
    cadence = Cadence(total=20, epoch=10, chunk=4, evaluate=5, save=10)
    assert list(cadence.spans(0)) == [(0, 4), (4, 1), (5, 3), (8, 2), (10, 4), (14, 1), (15, 3), (18, 2)]
    assert list(cadence.spans(7)) == [(7, 1), *list(cadence.spans(0))[3:]]
    assert list(cadence.spans(20)) == []
