"""Batches are a pure function of (seed, step)."""

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aelab.data.arrays import ArraySource
from aelab.data.batches import batch_indices, epoch_order, process_rows, steps_per_epoch
from aelab.data.source import Spec
from aelab.training.feed import LARGEST, ResidentFeed, StreamedFeed, choose_feed
from aelab.training.prefetch import Prefetch


def source(n):
    spec = Spec(shape=(2, 2, 1), dtype="uint8", values="unit", scale=255.0, levels=256)
    return ArraySource(np.arange(4 * n, dtype=np.uint8).reshape(n, 2, 2, 1), None, spec)


@pytest.mark.parametrize(("size", "batch_size"), [(10, 3), (12, 4), (5, 5), (7, 1)])
def test_an_epoch_is_disjoint_and_complete(size, batch_size):
    steps = steps_per_epoch(size, batch_size)
    for epoch in range(3):
        seen = [batch_indices(5, epoch * steps + i, size, batch_size) for i in range(steps)]
        assert sorted(np.concatenate(seen)) == list(range(size))


def test_epochs_and_seeds_have_orders_of_their_own():
    orders = [tuple(epoch_order(seed, epoch, 50)) for seed in range(3) for epoch in range(3)]
    assert len(set(orders)) == 9


def test_the_order_is_the_same_for_ever():
    """Bits of Philox, which numpy guarantees; a change here changes every result."""
    assert list(epoch_order(0, 0, 8)) == [5, 3, 7, 2, 4, 1, 0, 6]


def test_no_two_seeds_of_64_bits_share_an_order():
    """A pair of Python numbers with one above 2**63 is an array of floats, in which neighbours are the same."""
    seeds = (2**62, 2**62 + 1, 2**63 - 2, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1)
    assert len({tuple(epoch_order(seed, 0, 50)) for seed in seeds}) == len(seeds)


@pytest.mark.parametrize("kind", [ResidentFeed, StreamedFeed])
@pytest.mark.parametrize("lengths", [[6], [1] * 6, [4, 2], [5, 1]])
def test_chunks_of_any_length_give_the_same_batches(lengths, kind):
    feed, parts, step = kind(source(10), batch_size=4, seed=1), [], 0
    for length in lengths:
        parts.append(feed.chunk(step, length))
        step += length
    joined = jax.tree.map(lambda *p: np.concatenate(p), *parts)
    jax.tree.map(np.testing.assert_array_equal, joined, feed.chunk(0, 6))


def test_rows_that_pad_weigh_nothing():
    plan = ResidentFeed(source(10), batch_size=4, seed=1, devices=3).chunk(0, 3)
    assert plan.example.shape == (3, 6)  # 4 padded to a multiple of 3
    np.testing.assert_array_equal(plan.weight.sum(1), [4, 4, 2])
    np.testing.assert_array_equal(plan.index[1], np.arange(6))


def test_a_batch_is_the_stored_events_scaled():
    feed = ResidentFeed(source(10), batch_size=4, seed=1)
    plan = jax.tree.map(lambda a: a[0], feed.chunk(0, 1))
    batch = jax.jit(feed.batch)(feed.resident, plan)
    np.testing.assert_allclose(batch.inputs, source(10).x[plan.example] / 255, rtol=1e-6)
    np.testing.assert_array_equal(batch.targets, batch.inputs)


@st.composite
def readings(draw):
    """A set, its order, and ways to go through it: where to start, chunks, threads, devices, processes."""
    size = draw(st.integers(1, 60))
    batch_size = draw(st.integers(1, size))
    total = draw(st.integers(1, 3)) * steps_per_epoch(size, batch_size)
    start = draw(st.integers(0, total - 1))
    spans, step = [], start
    while step < total:
        spans.append((step, draw(st.integers(1, total - step))))
        step += spans[-1][1]
    ways = {name: draw(st.integers(1, 4)) for name in ("depth", "threads", "devices", "processes")}
    return size, batch_size, draw(st.integers(0, 2**32)), total, start, spans, ways


@settings(deadline=None)
@given(readings())
def test_the_sequence_of_batches_depends_on_the_seed_alone(reading):
    """Whatever the chunks, the threads, the devices, the processes and the step it goes on from."""
    size, batch_size, seed, total, start, spans, ways = reading
    events = source(size)
    feed = StreamedFeed(events, batch_size=batch_size, seed=seed, devices=ways["devices"])
    seen = []
    with Prefetch(
        feed.chunk,
        lambda step: [span for span in spans if span[0] >= step],
        depth=ways["depth"],
        threads=ways["threads"],
    ) as ahead:
        for span in spans:
            rows = ahead.chunk(*span)
            for x, weight in zip(rows.stored["x"], rows.weight, strict=True):
                shares = [process_rows(feed.rows, i, ways["processes"]) for i in range(ways["processes"])]
                seen.append(np.concatenate([x[share][weight[share] > 0] for share in shares]))
    steps = steps_per_epoch(size, batch_size)
    order = np.concatenate([epoch_order(seed, epoch, size) for epoch in range(total // steps)])
    first = start // steps * size + start % steps * batch_size
    np.testing.assert_array_equal(np.concatenate(seen), events.x[order[first:]])
    for epoch in range(-(-start // steps), total // steps):  # those that are whole
        parts = seen[epoch * steps - start : (epoch + 1) * steps - start]
        assert sorted(x.tobytes() for x in np.concatenate(parts)) == sorted(x.tobytes() for x in events.x)


@given(st.integers(0, 300), st.integers(1, 20))
def test_the_shares_of_processes_are_disjoint_complete_and_level(rows, processes):
    shares = [range(rows)[process_rows(rows, i, processes)] for i in range(processes)]
    assert [row for share in shares for row in share] == list(range(rows))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("kind", [ResidentFeed, StreamedFeed])
@pytest.mark.parametrize("processes", [1, 2, 3])
def test_processes_read_their_own_rows_and_an_epoch_is_whole(kind, processes):
    feed, asked = kind(source(11), batch_size=4, seed=2, devices=processes), []
    whole = feed.chunk(0, feed.steps_per_epoch)
    if kind is StreamedFeed:
        feed.source = Spied(feed.source, asked)
    own = [process_rows(feed.rows, i, processes) for i in range(processes)]
    parts = [feed.chunk(0, feed.steps_per_epoch, rows) for rows in own]
    jax.tree.map(np.testing.assert_array_equal, jax.tree.map(lambda *p: np.concatenate(p, 1), *parts), whole)
    for part, read in zip(parts, asked, strict=False):
        assert len(read) <= part.weight.size  # nothing of the others
    real = np.concatenate([part.index[part.weight > 0] for part in parts])
    assert len(real) == 11


class Spied:
    """A source that notes what it was asked for."""

    def __init__(self, source, asked):
        self.source, self.asked = source, asked

    def get_batch(self, indices):
        self.asked.append(indices)
        return self.source.get_batch(indices)


@pytest.mark.parametrize("batch_size", [4, 5])
def test_a_streamed_batch_is_the_resident_one(batch_size):
    """Rows that pad included."""
    settings = {"batch_size": batch_size, "seed": 3, "devices": 3}
    resident, streamed = ResidentFeed(source(10), **settings), StreamedFeed(source(10), **settings)
    for step in range(3):
        batches = []
        for feed in (resident, streamed):
            row = jax.tree.map(lambda a: a[0], feed.chunk(step, 1))
            batches.append(jax.jit(feed.batch)(feed.resident, row))
        jax.tree.map(np.testing.assert_array_equal, *batches)


def test_events_are_read_in_the_order_of_the_set_each_once():
    asked = []

    class Watched(ArraySource):
        def get_batch(self, indices):
            asked.append(list(indices))
            return super().get_batch(indices)

    events = source(10)
    StreamedFeed(Watched(events.x, None, events.spec), batch_size=4, seed=1, devices=3).chunk(0, 3)
    assert asked == [list(range(10))]


def test_the_limit_is_on_the_bytes_of_the_set_as_stored():
    def kind(limit):
        return type(choose_feed(source(10), resident_bytes=limit, batch_size=4, seed=1))

    assert kind(40) is ResidentFeed
    assert kind(39) is StreamedFeed
    assert kind(0) is StreamedFeed


@pytest.mark.parametrize(("side", "longest"), [(2, 100), (256, 16), (2000, 1)])
def test_a_streamed_chunk_is_no_larger_than_it_may_be(side, longest):
    spec = Spec((side, side, 1), "uint8", "unit", scale=255.0)
    events = ArraySource(np.zeros((4, side, side, 1), np.uint8), None, spec)
    feed = StreamedFeed(events, batch_size=4, seed=0)
    assert feed.longest == longest
    assert longest == 1 or longest * 4 * spec.event_bytes <= LARGEST


@pytest.mark.parametrize("kind", [ResidentFeed, StreamedFeed])
def test_reordered_is_the_feed_of_the_other_seed(kind):
    one, other = (kind(source(10), batch_size=4, seed=seed) for seed in (1, 8))
    jax.tree.map(np.testing.assert_array_equal, one.reordered(8).chunk(0, 6), other.chunk(0, 6))
    assert (one.plan(0, 6).example != other.plan(0, 6).example).any()
    jax.tree.map(np.testing.assert_array_equal, one.plan(0, 6), kind(source(10), batch_size=4, seed=1).plan(0, 6))
