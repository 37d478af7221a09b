"""How strange events look to a model: against the formulas, by hand and by SciPy."""

import jax
import numpy as np
import pytest
from scipy.spatial import distance
from scipy.special import expit, xlogy
from small import small_model

from aelab import latents, likelihoods, nets, priors
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.evaluation import bounds, strangeness
from aelab.model import Autoencoder

RNG = np.random.default_rng(0)


def test_the_view_of_series_by_hand_and_no_error_behind_their_end():
    model = Autoencoder(
        encoder=nets.lstm.Encoder(4),
        posterior=latents.Point(2),
        decoder=nets.lstm.Decoder((6, 1), 4),
        likelihood=likelihoods.Normal(0.5),
    )
    x, length = RNG.normal(size=(7, 6, 1)).astype(np.float32), np.array([6, 5, 4, 3, 2, 1, 6])
    source = ArraySource(x, None, Spec((6, 1), "float32", "real", lengths=(0, 1, 1, 1, 1, 1, 2)), length)
    params = jax.jit(model.init)(jax.random.key(0), x)
    mask = np.arange(6) < length[:, None]
    rebuilt = jax.jit(model.reconstruct)(params, np.where(mask[..., None], x, 0), mask=mask)
    seen = strangeness.view(model, params, source)
    error = np.where(mask[..., None], np.square(x - rebuilt), 0)[..., 0]
    np.testing.assert_allclose(seen.error, error, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(seen.event, np.where(mask, x[..., 0], 0))
    np.testing.assert_allclose(seen.deviance, error.sum(1) / (2 * 0.5**2), rtol=1e-4, atol=1e-5)
    assert seen.shortfall is None


def test_the_view_of_images_by_hand_and_the_bound_beside_it():
    model = small_model((3, 3, 1), latents.Gaussian(2), priors.standard_normal(2))
    x = RNG.integers(0, 256, (5, 3, 3, 1)).astype(np.uint8)
    source = ArraySource(x, None, Spec((3, 3, 1), "uint8", "unit", scale=255.0))
    params = jax.jit(model.init)(jax.random.key(0), (x / 255).astype(np.float32))
    key = jax.random.key(1)
    seen = strangeness.view(model, params, source, key)
    unit = (x / 255.0).reshape(5, -1)
    code = model.encode(params, (x / 255).astype(np.float32)).mode
    p = expit(np.asarray(model.decode(params, code).logits, np.float64).reshape(5, -1))
    entropy = -xlogy(unit, unit) - xlogy(1 - unit, 1 - unit)
    cross = -xlogy(unit, p) - xlogy(1 - unit, 1 - p)
    np.testing.assert_allclose(seen.code, code, rtol=1e-5)
    np.testing.assert_allclose(seen.error, np.square(unit - p), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(seen.deviance, (cross - entropy).sum(1), rtol=1e-3)
    bound = bounds.held_out_bound(model, params, key, source, strangeness.SAMPLES)
    np.testing.assert_allclose(seen.shortfall, -entropy.sum(1) - bound, rtol=1e-3)


def test_a_held_out_event_is_measured_in_units_of_the_others():
    held_out, new = RNG.exponential(size=(4, 3)), RNG.exponential(size=(2, 3))
    unit = held_out.mean(0)
    expected = (new / (unit + 0.1 * unit.mean())).mean(1)
    np.testing.assert_allclose(strangeness.standardised_error(held_out, new), expected)
    own = [strangeness.standardised_error(np.delete(held_out, i, 0), held_out[i : i + 1])[0] for i in range(4)]
    np.testing.assert_allclose(strangeness.standardised_error(held_out), own)


def test_mahalanobis_is_that_of_scipy_and_a_code_that_never_varies_is_survived():
    normal, code = RNG.normal(size=(50, 3)) @ RNG.normal(size=(3, 3)), RNG.normal(size=(4, 3))
    inverse = np.linalg.inv(np.cov(normal.T))
    expected = [distance.mahalanobis(z, normal.mean(0), inverse) ** 2 for z in code]
    np.testing.assert_allclose(strangeness.mahalanobis(normal, code), expected, rtol=1e-3)
    assert np.isfinite(strangeness.mahalanobis(np.zeros((5, 2)), np.ones((1, 2)))).all()
    assert strangeness.mahalanobis(np.arange(5.0)[:, None], np.array([[2.0]])) == pytest.approx(0)


def test_what_lies_beside_the_learnt_surface_is_stranger_where_normal_events_are_more_alike():
    """Reconstructions on a line, dense on one side; the factor is a ratio of densities (Breunig et al. 2000)."""
    rebuilt = np.c_[np.r_[np.linspace(0, 1, 200), np.linspace(10, 20, 200)], np.zeros(400)]
    beside = {"new": np.array([[0.5, 0.3], [15.0, 0.3], [0.5, 0.0]])}
    dense, thin, on_it = strangeness.outlier_factor(rebuilt, beside)["new"]
    assert dense > 5 * thin > 0
    assert on_it == pytest.approx(1, abs=0.1)


def test_every_score_stands_for_every_part_but_the_training_events():
    views = {
        part: strangeness.View(
            *RNG.normal(size=(2, n, 3)), RNG.exponential(size=n), RNG.normal(size=(n, 2)), RNG.exponential(size=n)
        )
        for part, n in (("train", 9), ("validation", 4), ("test", 5))
    }
    found = strangeness.scores(views)
    assert list(found) == ["error", "deviance", "standardised error", "outlier factor", "Mahalanobis", "shortfall"]
    assert {(part, own.shape) for each in found.values() for part, own in each.items()} == {
        ("validation", (4,)),
        ("test", (5,)),
    }
    own = strangeness.standardised_error(views["validation"].error, views["test"].error)
    np.testing.assert_array_equal(found["standardised error"]["test"], own)
