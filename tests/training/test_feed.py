"""Batches are a pure function of (seed, step)."""

import jax
import numpy as np
import pytest

from aelab.data.arrays import ArraySource
from aelab.data.batches import batch_indices, epoch_order, steps_per_epoch
from aelab.data.source import Spec
from aelab.training.feed import ResidentFeed


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


@pytest.mark.parametrize("lengths", [[6], [1] * 6, [4, 2], [5, 1]])
def test_chunks_of_any_length_give_the_same_batches(lengths):
    feed, parts, step = ResidentFeed(source(10), batch_size=4, seed=1), [], 0
    for length in lengths:
        parts.append(feed.chunk(step, length))
        step += length
    joined = jax.tree.map(lambda *p: np.concatenate(p), *parts)
    for mine, theirs in zip(joined, feed.chunk(0, 6), strict=True):
        np.testing.assert_array_equal(mine, theirs)


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
