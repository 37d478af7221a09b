import numpy as np
import pytest

from aelab.baselines.denoisers import denoisers, median, spread, tune, wavelet
from aelab.evaluation.restoration import psnr


@pytest.fixture(scope="module")
def events():
    """Soft blobs, some to fit on and some to judge by, and the latter with noise."""
    rng = np.random.default_rng(0)
    place = np.arange(16)
    centre = rng.uniform(4, 12, (80, 2, 1))
    height, width = np.exp(-np.square(place - centre).transpose(1, 0, 2) / 12)
    clean = (height[:, :, None] * width[:, None, :])[..., None].astype(np.float32)
    noisy = np.clip(clean + 0.2 * rng.normal(size=clean.shape), 0, 1).astype(np.float32)
    return clean[:60], clean[60:], noisy[60:]


def test_every_method_takes_noise_away(events):
    train, clean, noisy = events
    for name, method in denoisers(train).items():
        restored = method.apply(noisy, tune(method, clean, noisy, True))
        assert restored.shape == clean.shape, name
        assert psnr(clean, restored).mean() > psnr(clean, noisy).mean() + 1, name


def test_every_method_for_series_takes_noise_away():
    rng = np.random.default_rng(1)
    clean = np.sin(np.linspace(0, 6, 64) + rng.uniform(0, 6, (60, 1)))[..., None].astype(np.float32)
    noisy = clean + 0.3 * rng.normal(size=clean.shape).astype(np.float32)
    for name, method in denoisers(clean).items():
        if not method.images:
            restored = method.apply(noisy, tune(method, clean, noisy, False))
            assert psnr(clean, restored).mean() > psnr(clean, noisy).mean() + 1, name


def test_all_components_are_the_event_itself(events):
    train = events[0][:, :4, :4]
    project = denoisers(train)["PCA"].apply
    np.testing.assert_allclose(project(train, 16), train, atol=1e-5)


@pytest.mark.parametrize("shape", [(3, 16, 12, 1), (3, 40, 2)])
def test_no_threshold_changes_nothing(shape):
    x = np.random.default_rng(0).normal(size=shape)
    np.testing.assert_allclose(wavelet(x, 0.0), x, atol=1e-12)


def test_a_large_threshold_leaves_a_constant_alone():
    x = np.full((2, 16, 16, 1), 0.3)
    np.testing.assert_allclose(wavelet(x, 10.0), x, atol=1e-12)


def test_the_median_of_a_lone_spike_is_gone():
    x = np.zeros((1, 9, 9, 1))
    x[0, 4, 4] = 1
    assert not median(x, 3).any()


@pytest.mark.ci
def test_two_processes_give_what_one_does(events):
    method = denoisers(events[0])["total variation"]
    many = np.tile(events[2], (51, 1, 1, 1))
    np.testing.assert_array_equal(spread(method.apply, many, 0.1)[:20], method.apply(events[2], 0.1))
