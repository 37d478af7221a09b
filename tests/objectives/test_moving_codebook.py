"""Entries on running means: a step of k-means where nothing is kept, and dead entries that start anew."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.cluster import KMeans

from aelab.batch import Batch
from aelab.data.source import Spec
from aelab.experiment import hyper
from aelab.training.initial import fresh_state
from aelab.training.step import make_step
from experiments import vq

ROWS, CODES = 40, 6
SPEC = Spec((4,), "float32", "real")
CONFIG = vq.Config(widths=(), latent_dim=2, tokens=2, codes=CODES, batch_size=ROWS, code_decay=0.0, restart_below=0.0)
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, 4)).astype("f4")
VECTORS = X.reshape(-1, 2)  # what the head makes of them: it is put on the identity
KEY = jax.random.key(1)


def stepped(config, entries, steps=1, weight=None):
    """The state behind so many steps without a learning rate, from these entries on, of a head that changes nothing."""
    experiment = vq.build(config, SPEC)
    numbers = hyper(config, 1, steps)._replace(lr=0.0)
    state = fresh_state(experiment, SPEC, 0, numbers)
    state.params["model"]["posterior"] = {
        "code": {"kernel": jnp.eye(4), "bias": jnp.zeros(4)},
        "book": {"entries": jnp.asarray(entries)[None]},
    }
    state.extra["model"]["entries"] = jnp.asarray(entries)[None]
    step = jax.jit(make_step(experiment))
    for _ in range(steps):
        state, _ = step(state, Batch(X, X, index=np.arange(ROWS), weight=weight), KEY, numbers)
    return state


def entries_of(state):
    entries = np.asarray(state.params["model"]["posterior"]["book"]["entries"])
    np.testing.assert_array_equal(state.extra["model"]["entries"], entries)
    return entries[0]


@pytest.mark.parametrize("real", [ROWS, 31])
def test_a_step_that_keeps_nothing_is_one_of_k_means(real):
    """Rows of weight 0 are none of the set."""
    start = VECTORS[:CODES] + 0.01
    means = KMeans(CODES, init=start, n_init=1, max_iter=1).fit(VECTORS[: 2 * real]).cluster_centers_
    found = entries_of(stepped(CONFIG, start, weight=np.float32(np.arange(ROWS) < real)))
    np.testing.assert_allclose(found, means, rtol=1e-4, atol=1e-5)


def test_steps_that_keep_nothing_reach_what_k_means_does():
    start = VECTORS[:CODES] + 0.01
    means = KMeans(CODES, init=start, n_init=1, max_iter=100).fit(VECTORS).cluster_centers_
    np.testing.assert_allclose(entries_of(stepped(CONFIG, start, steps=30)), means, rtol=1e-4, atol=1e-5)


def test_means_run():
    """Counts and sums by hand; of the first steps less is kept."""
    start, config = VECTORS[:CODES] + 0.01, dataclasses.replace(CONFIG, code_decay=0.15)
    entries, count, total = start, np.zeros(CODES), np.zeros((CODES, 2))
    for step in range(3):
        nearest = np.square(VECTORS[:, None] - entries).sum(-1).argmin(-1)
        hot, kept = np.eye(CODES)[nearest], min(0.15, step / (step + 9))
        count, total = kept * count + (1 - kept) * hot.sum(0), kept * total + (1 - kept) * hot.T @ VECTORS
        entries = total / count[:, None]
    np.testing.assert_allclose(entries_of(stepped(config, start, steps=3)), entries, rtol=1e-4, atol=1e-5)


FAR = np.concatenate([VECTORS[:2], np.full((4, 2), 50.0)]).astype("f4")  # entries to which nothing is near


def test_an_entry_without_vectors_stays_where_it_is():
    np.testing.assert_array_equal(entries_of(stepped(CONFIG, FAR))[2:], FAR[2:])


def test_dead_entries_start_anew_at_vectors_of_different_rows():
    config = dataclasses.replace(CONFIG, restart_below=0.1)
    weight = np.float32(np.arange(ROWS) % 2)
    state = stepped(config, FAR, weight=weight)
    anew = entries_of(state)[2:]
    rows = [[i for i, row in enumerate(X.reshape(ROWS, 2, 2)) if (row == entry).all(1).any()] for entry in anew]
    assert [len(own) for own in rows] == [1, 1, 1, 1]
    chosen = [own[0] for own in rows]
    assert len(set(chosen)) == 4
    assert all(weight[row] for row in chosen)
    counts = np.asarray(state.extra["model"]["counts"])[0, 2:]
    np.testing.assert_allclose(counts, 2 * weight.sum() / CODES)  # as many as come to the mean entry


def test_no_more_entries_start_anew_than_rows_offer_a_vector():
    config = dataclasses.replace(CONFIG, restart_below=0.1)
    anew = entries_of(stepped(config, FAR, weight=np.float32(np.arange(ROWS) < 3)))
    assert (anew[2:] == FAR[2:]).all(1).sum() == 1


def test_what_a_batch_offers_is_the_same_in_parts():
    """To the bit: a vector is added to zeros alone."""
    from aelab.objectives.moving_codebook import offers

    model = vq.build(CONFIG, SPEC).model
    params = model.init(jax.random.key(0), X)
    index = RNG.permutation(ROWS)

    @jax.jit
    def offered(batch):
        return offers(model.encode(params, batch.inputs), KEY, batch, ROWS)

    def of(rows):
        return offered(Batch(X[rows], X[rows], index=index[rows]))

    parts = [of(np.arange(start, ROWS, 4)) for start in range(4)]
    jax.tree.map(np.testing.assert_array_equal, jax.tree.map(lambda *a: sum(a), *parts), of(np.arange(ROWS)))
    assert (np.asarray(of(np.arange(ROWS))["offered"]) == 1).all()
