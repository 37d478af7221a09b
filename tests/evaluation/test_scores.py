"""Scores of a split against numpy on the whole split at once; no score depends on how the split is cut."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.special
from sklearn.metrics import log_loss, mean_squared_error

from aelab import latents, likelihoods, nets, priors
from aelab.batch import Hyper
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.data.splits import split_standardised
from aelab.distributions import draw, kl
from aelab.evaluation import batches, scores
from aelab.evaluation.bounds import average_bound, held_out_bound, importance_bound
from aelab.evaluation.generation import draw_mask, generate
from aelab.evaluation.layers import layers, parameter_count
from aelab.experiment import Experiment
from aelab.model import Autoencoder
from aelab.objectives import Loss, log_weight
from experiments import cvae
from tests.support.compiling import programs_compiled

KEY = jax.random.key(3)
EVENT = (5, 4, 1)


def vae(likelihood=None, event=EVENT):
    return Autoencoder(
        encoder=nets.mlp.Encoder((16,)),
        posterior=latents.Gaussian(3),
        prior=priors.standard_normal(3),
        decoder=nets.mlp.Decoder(event, (16,)),
        likelihood=likelihood or likelihoods.Bernoulli(),
    )


def images(n=23):
    x = np.random.default_rng(0).integers(0, 256, (n, *EVENT), np.uint8)
    return ArraySource(x, np.arange(n) % 3, Spec(EVENT, "uint8", "unit", 255.0, levels=256, classes=("a", "b", "c")))


def series(n=20):
    rng = np.random.default_rng(1)
    length = rng.integers(2, 7, n)
    x = rng.normal(5, 3, (n, 6, 2)).astype(np.float32) * (np.arange(6) < length[:, None])[..., None]
    train = ArraySource(x, None, Spec((6, 2), "float32", "real"), length)
    return split_standardised("series", train, train, validation=0).train


@pytest.fixture(scope="module")
def fitted():
    model, source = vae(), images()
    params = jax.jit(model.init)(jax.random.key(0), jnp.zeros((1, *EVENT)))
    return model, jax.tree.map(lambda leaf: 3 * np.asarray(leaf), params), source


@pytest.fixture(scope="module")
def encoded(fitted):
    """The codes of the whole split at once, and what they cost; numpy's arrays."""
    model, params, source = fitted

    @jax.jit
    def codes_and_rates(params, x):
        q = model.encode(params, x)
        return q, kl(q, model.prior(params))

    return jax.tree.map(np.asarray, codes_and_rates(params, next(batches.batches(source))[0].inputs))


def test_errors_of_reconstruction_are_the_textbooks(fitted):
    model, params, source = fitted
    params = jax.tree.map(lambda leaf: leaf / 3, params)  # no probability so near to 0 or 1 that float32 rounds it
    found = scores.score(model, params, KEY, source)
    x = source.x.astype(np.float64) / 255
    rebuilt = np.asarray(jax.jit(model.reconstruct)(params, x.astype(np.float32)), np.float64)
    np.testing.assert_allclose(found["mse"], mean_squared_error(x.ravel(), rebuilt.ravel()), rtol=1e-5)
    np.testing.assert_allclose(found["squared_error"], ((x - rebuilt) ** 2).sum() / len(x), rtol=1e-5)
    hard, soft = np.repeat([1, 0], x.size), np.concatenate([x.ravel(), 1 - x.ravel()])  # log_loss takes hard labels
    np.testing.assert_allclose(found["bce"], log_loss(hard, np.tile(rebuilt.ravel(), 2), sample_weight=soft), rtol=1e-5)


def test_bound_and_bits_follow_from_distortion_and_rate(fitted):
    found = scores.score(*fitted[:2], KEY, fitted[2], samples=5)
    assert found["elbo"] == -(found["distortion"] + found["rate"])
    np.testing.assert_allclose(found["bits_per_dim"], -found["elbo"] / np.log(2) / np.prod(EVENT))
    assert found["l_5"] > found["elbo"]


@pytest.mark.parametrize("size", [1, 7, 23])
def test_how_a_split_is_cut_changes_nothing(fitted, monkeypatch, size):
    whole = scores.score(*fitted[:2], KEY, fitted[2], samples=3)
    for function in (batches.parts, batches.per_example):
        monkeypatch.setattr(function, "__defaults__", (size, None))
    monkeypatch.setattr(batches.mean, "__defaults__", (size,))
    for name, value in scores.score(*fitted[:2], KEY, fitted[2], samples=3).items():
        np.testing.assert_allclose(value, whole[name], rtol=1e-5, err_msg=name)


def test_scores_and_their_errors_come_from_one_pass_over_the_split(fitted, monkeypatch):
    model, params, source = fitted
    alone, parts = scores.score(model, params, KEY, source), scores.of_batches(model, params, KEY, source)
    monkeypatch.setattr(scores, "of_each", None)  # nothing is computed again
    assert scores.score(model, params, KEY, source, parts=parts) == alone
    for name in ("distortion", "rate", "squared_error"):
        values = scores.in_full(parts)[name]
        assert len(values) == len(source)
        assert values.mean() == pytest.approx(alone[name])


def test_rates_of_a_code_are_one_program_behind_that_of_the_codes(fitted):
    model, params, source = fitted
    prior = model.prior(params)
    scores.code_rates(model, params, source, prior)  # codes and batches have their programs from here on
    scores._kl_terms.jitted.clear_cache()
    with programs_compiled() as programs:
        found = scores.code_rates(model, params, source, prior)
    assert len(found) == 3
    assert len(programs) <= 1


@pytest.mark.parametrize("size", [1, 7, 500])
def test_code_scores_are_those_of_all_codes_at_once(fitted, encoded, monkeypatch, size):
    (model, params, source), (q, cost) = fitted, encoded
    monkeypatch.setattr(batches.mean, "__defaults__", (size,))
    assert scores.code_scores(model, params, source) == {"active_units": float((q.mean.var(0) > 0.01).sum())}
    rates = scores.code_rates(model, params, source, model.prior(params))
    np.testing.assert_allclose(rates.sum(), cost.mean(), rtol=1e-5)
    few = scores.codes(model, params, source, first=9)
    np.testing.assert_allclose(few.mean, q.mean[:9], rtol=1e-5, atol=1e-6)


def test_a_batch_of_large_events_is_small():
    spec = Spec((2048, 2048, 3), "uint8", "unit", 255.0)
    source = ArraySource(np.zeros((3, 2048, 2048, 3), np.uint8), None, spec)
    assert [real for _, real in batches.batches(source)] == [1, 1, 1]


def test_a_running_sum_is_the_sum(fitted):
    model, params, source = fitted
    batch, _ = next(batches.batches(source))

    @jax.jit
    def bound_and_weights(params, batch):
        q = model.encode(params, batch.inputs)
        weights = [log_weight(model, params, q, model.prior(params), KEY, batch, i)[0] for i in range(7)]
        return importance_bound(model, params, KEY, batch, 7), jnp.stack(weights)

    bound, weights = bound_and_weights(params, batch)
    expected = scipy.special.logsumexp(np.float64(weights), axis=0) - np.log(7)
    np.testing.assert_allclose(bound, expected, rtol=1e-5)


def test_the_bound_tightens_with_its_samples(fitted):
    means = [held_out_bound(*fitted[:2], KEY, fitted[2], k).mean() for k in (1, 10, 200)]
    assert means == sorted(means)


def test_memory_of_the_bound_does_not_grow_with_its_samples(fitted):
    model, params, source = fitted
    batch, _ = next(batches.batches(source))

    def temporary(k):
        program = jax.jit(lambda p: importance_bound(model, p, KEY, batch, jnp.int32(k))).lower(params).compile()
        return program.memory_analysis().temp_size_in_bytes

    assert temporary(5000) == temporary(50)


def test_padding_counts_for_nothing():
    source = series()
    model = vae(likelihoods.Normal(), (6, 2))
    params = jax.jit(model.init)(jax.random.key(0), jnp.zeros((1, 6, 2)))
    found = scores.score(model, params, KEY, source)
    batch, _ = next(batches.batches(source))
    mask = np.asarray(batch.mask)[..., None]
    rebuilt = np.asarray(jax.jit(model.reconstruct)(params, batch.inputs, mask=batch.mask))
    squared = (mask * (np.asarray(batch.targets) - rebuilt) ** 2).sum()
    np.testing.assert_allclose(found["squared_error"], squared / len(source), rtol=1e-5)
    np.testing.assert_allclose(found["mse"], squared / (2 * source.length.sum()), rtol=1e-5)
    real = np.concatenate([x[:n] for x, n in zip(np.asarray(batch.targets), source.length, strict=True)])
    np.testing.assert_allclose([real.mean(0), real.std(0)], [[0, 0], [1, 1]], atol=1e-5)  # standardised


def test_lengths_are_drawn_as_they_occur():
    counts = [0, 0, 10, 0, 30, 0]
    mask = np.asarray(jax.jit(lambda index: draw_mask(KEY, index, counts))(np.arange(4000)))
    drawn = np.bincount(mask.sum(1), minlength=6)
    assert set(np.flatnonzero(drawn)) == {2, 4}
    np.testing.assert_allclose(drawn[4] / 4000, 0.75, atol=0.03)
    assert (np.diff(mask.astype(int), axis=1) <= 0).all()  # behind the end there is nothing more


def test_generated_series_end_where_they_should():
    model = vae(likelihoods.Normal(), (6, 2))
    params = jax.jit(model.init)(jax.random.key(0), jnp.zeros((1, 6, 2)))
    events, mask = jax.jit(lambda params: generate(model, params, KEY, jnp.arange(50), series().spec.lengths))(params)
    assert events.shape == (50, 6, 2)
    assert mask.shape == (50, 6)


def test_active_units_are_those_that_vary(fitted):
    model, params, source = fitted
    assert scores.code_scores(model, params, source) == {"active_units": 3.0}
    silent = jax.tree.map(np.zeros_like, params)
    assert scores.code_scores(model, silent, source) == {"active_units": 0.0}


def test_the_layer_table_counts_every_parameter(fitted):
    model, params, source = fitted
    rows = layers(model, params, source.spec)
    assert sum(row.parameters for row in rows) == parameter_count(params)
    assert [row.part for row in rows] == ["encoder", "posterior", "code", "decoder", "decoder", "likelihood"]
    assert rows[2].output == (3,)
    assert rows[-1].output == EVENT


def test_a_prior_that_is_a_net_stands_behind_the_code():
    spec = images().spec
    model = cvae.build(cvae.Config(widths=(8,), latent_dim=3), spec).model
    x = jnp.zeros((1, *EVENT))
    params = jax.eval_shape(model.init, jax.random.key(0), x, condition=x)
    rows = layers(model, params, spec)
    assert sum(row.parameters for row in rows) == parameter_count(params)
    parts = ["encoder", "posterior", "code", "prior", "prior", "decoder", "decoder", "likelihood"]
    assert [row.part for row in rows] == parts


def test_the_average_bound_is_the_elbo_and_below_the_importance_weighted_one(fitted):
    model, params, source = fitted
    average = held_out_bound(model, params, KEY, source, 300, bound=average_bound)
    first = held_out_bound(model, params, KEY, source, 1, bound=average_bound)
    np.testing.assert_allclose(first, held_out_bound(model, params, KEY, source, 1), rtol=1e-5)
    elbo = scores.score(model, params, KEY, source)["elbo"]
    assert abs(average.mean() - elbo) < 0.1 * abs(elbo)
    assert (average < held_out_bound(model, params, KEY, source, 300)).all()


def test_a_unit_is_active_from_a_variance_of_its_mean_of_a_hundredth():
    """Burda et al. 2016, section 5.2; the mean itself and the spread of q have no part in it."""
    variances, offsets = [0.0, 0.0098, 0.0102, 0.05], [3.0, 0.0, 3.0, 0.0]
    model = Autoencoder(
        encoder=nets.mlp.Encoder(()),  # the identity
        posterior=latents.Gaussian(4),
        prior=priors.standard_normal(4),
        decoder=nets.mlp.Decoder((1,), ()),
        likelihood=likelihoods.Normal(),
    )
    source = ArraySource(np.float32([[-1], [1]] * 15), None, Spec((1,), "float32", "real"))
    kernel = jnp.float32([[*np.sqrt(variances), 9, 9, 9, 9]])
    heads = {"kernel": kernel, "bias": jnp.float32([*offsets, 2, 2, 2, 2])}
    params = {"model": {"posterior": {"mean_and_log_variance": heads}}}
    np.testing.assert_allclose(scores.codes(model, params, source, 30).mean.var(0), variances, atol=1e-6)
    assert scores.code_scores(model, params, source) == {"active_units": 2.0}


def test_validation_is_spoilt_as_training_with_draws_apart_from_those_of_the_codes():
    def spoil(key, batch, hyper):
        return batch._replace(inputs=draw(jax.random.normal, key, batch.inputs.shape, batch.index))

    def objective(model, params, key, batch, *, step, hyper, extra):
        own = draw(jax.random.normal, key, batch.inputs.shape, batch.index)
        value = jnp.mean(batch.inputs * own, (1, 2, 3))
        return Loss(value, {"square": jnp.mean(batch.inputs**2, (1, 2, 3))})

    experiment = Experiment(vae(), objective, lambda hyper: optax.identity(), spoil)
    found = scores.validate(experiment, {}, {}, KEY, batches.batches(images(200)), 0, Hyper())
    np.testing.assert_allclose(found["loss"], 0, atol=5 / 4000**0.5)  # 1 where both draw alike
    np.testing.assert_allclose(found["square"], 1, atol=5 * (2 / 4000) ** 0.5)  # 1/3 where nothing is spoilt
