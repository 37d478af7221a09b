import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.metrics import mean_squared_error

from aelab.evaluation.restoration import hidden_bce, hidden_psnr, hidden_scores, psnr, restoration_scores, ssim


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    clean = rng.random((6, 28, 20, 1)).astype(np.float32)
    return clean, np.clip(clean + 0.2 * rng.normal(size=clean.shape), 0, 1).astype(np.float32)


def test_psnr_is_that_of_scikit_image(images):
    theirs = [peak_signal_noise_ratio(a, b, data_range=1) for a, b in zip(*images, strict=True)]
    np.testing.assert_allclose(psnr(*images), theirs, rtol=1e-5)


@pytest.mark.parametrize("channels", [1, 3])
def test_ssim_is_that_of_scikit_image(images, channels):
    clean, restored = (np.concatenate([np.roll(x, i, 1) for i in range(channels)], -1).astype(float) for x in images)
    theirs = [structural_similarity(a, b, data_range=1, channel_axis=-1) for a, b in zip(clean, restored, strict=True)]
    np.testing.assert_allclose(ssim(clean, restored), theirs, rtol=1e-9)


def test_what_is_outside_the_unit_range_is_clipped_first(images):
    clean, restored = images
    over = np.where(restored == 1, 7, np.where(restored == 0, -3, restored))
    assert restoration_scores(clean, over, True) == restoration_scores(clean, restored, True)
    assert restoration_scores(clean, over, False)["mse"] > restoration_scores(clean, restored, False)["mse"]


def test_an_image_rebuilt_exactly_counts_as_one_rounded_to_8_bits():
    x = np.random.default_rng(0).random((1, 500, 500, 1))
    theirs = peak_signal_noise_ratio(x, np.round(255 * x) / 255, data_range=1)
    np.testing.assert_allclose(psnr(x, x), theirs, atol=0.02)
    assert psnr(x, x) == psnr(x, x + 1e-4)
    hidden = np.arange(500)[:, None] < 30
    np.testing.assert_array_equal(hidden_psnr(x, x, np.broadcast_to(hidden, x.shape)), psnr(x, x))
    np.testing.assert_allclose(ssim(x, x), 1)


def test_a_series_rebuilt_exactly_counts_as_one_rounded_to_float32():
    x = np.random.default_rng(0).uniform(1, 2, (1, 100_000, 1))
    theirs = peak_signal_noise_ratio(x, x.astype(np.float32).astype(float), data_range=1)
    np.testing.assert_allclose(psnr(x, x, unit=False), theirs, atol=0.1)


def test_scores_of_a_hidden_region_are_those_of_its_entries_alone(images):
    """By scikit-learn, event by event; an event of which nothing was hidden has no part in it."""
    clean, guess = images
    hidden = np.random.default_rng(1).random(clean.shape) < np.linspace(0, 0.9, 6)[:, None, None, None]
    errors = [mean_squared_error(*(x[i][hidden[i]] for x in (clean, guess))) for i in range(1, 6)]
    found = hidden_scores(clean, np.where(hidden, guess, 9), hidden)  # a guess about what was seen does not matter
    np.testing.assert_allclose(found["mse"], np.mean(errors), rtol=1e-5)
    np.testing.assert_allclose(found["psnr"], np.mean(-10 * np.log10(errors)), rtol=1e-5)
    logits = 3 * np.random.default_rng(2).normal(size=clean.shape)
    p = 1 / (1 + np.exp(-logits))
    nats = np.where(hidden, -clean * np.log(p) - (1 - clean) * np.log(1 - p), 0).sum() / 6
    np.testing.assert_allclose(hidden_bce(clean, logits, hidden), nats, rtol=1e-6)
