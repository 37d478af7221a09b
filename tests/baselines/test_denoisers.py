"""Every rival takes noise away from events that it is for, with a best setting that lies inside its grid."""

import numpy as np
import pytest

from aelab.baselines import filters, tuning
from aelab.baselines.denoisers import FEW, Denoiser, denoisers
from aelab.baselines.noisy import Events, doubted, kept
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.evaluation.restoration import psnr


def blobs(count: int) -> np.ndarray:
    """Soft images of 12 by 12; 0 where there is next to nothing, as in pictures of clothes."""
    place = np.arange(12)
    centre = np.random.default_rng(0).uniform(3, 9, (count, 2, 1))
    height, width = np.exp(-np.square(place - centre).transpose(1, 0, 2) / 12)
    x = (height[:, :, None] * width[:, None, :])[..., None]
    return np.where(x > 0.05, x, 0).astype(np.float32)


def waves(count: int) -> np.ndarray:
    """Series of 48 steps."""
    shift = np.random.default_rng(1).uniform(0, 6, (count, 1))
    return np.sin(np.linspace(0, 6, 48) + shift)[..., None].astype(np.float32)


def events(x: np.ndarray, values) -> Events:
    spec = Spec(x.shape[1:], "float32", values)
    return Events(spec, ArraySource(x[:-10], None, spec), ArraySource(x[-10:], None, spec), 10)


@pytest.mark.parametrize(
    ("x", "values", "kind", "level"),
    [
        pytest.param(blobs(50), "unit", "gaussian", 0.2, marks=pytest.mark.long),
        (blobs(50), "unit", "salt_and_pepper", 0.2),
        pytest.param(blobs(50), "unit", "masking", 0.3, marks=pytest.mark.long),
        (waves(50), "real", "gaussian", 0.3),
        (waves(50), "real", "masking", 0.3),
    ],
)
def test_every_method_takes_noise_away_with_a_setting_inside_its_grid(x, values, kind, level, monkeypatch):
    monkeypatch.setattr("aelab.baselines.noisy.ENOUGH", 120)
    given = events(x, values)
    clean, noisy = given.validation(kind, level)
    for name, method in denoisers(given, kind, level).items():
        score = lambda method=method, **setting: psnr(clean, kept(kind, noisy, method(noisy, **setting))).mean()  # noqa: E731
        found = tuning.tune(score, method.axes)
        assert not found.unbounded, name
        assert method(noisy, **found.setting).shape == clean.shape, name
        assert found.score > psnr(clean, noisy).mean() + 1, name
        assert found.score == max(found.tried.values())


def test_only_what_noise_can_have_changed_is_written():
    x = np.array([[0.0, 0.3, 1.0]])
    assert doubted("gaussian", x).all()
    np.testing.assert_array_equal(doubted("salt_and_pepper", x), [[True, False, True]])
    np.testing.assert_array_equal(kept("masking", x, np.full((1, 3), 0.5)), [[0.5, 0.3, 1.0]])


def test_noise_comes_from_keys_of_its_own_and_small_sets_are_given_it_several_times(monkeypatch):
    given = events(waves(40), "real")
    monkeypatch.setattr("aelab.baselines.noisy.ENOUGH", 90)
    blocks = list(given.blocks("gaussian", 0.5))
    assert [len(pair.clean) for pair in blocks] == [30, 30, 30]
    drawn = [pair.noisy - pair.clean for pair in blocks]
    given.most = 20
    again = given.validation("gaussian", 0.5)
    np.testing.assert_array_equal(again.clean[:10], again.clean[10:])
    assert given.noise("gaussian", 0.5) is given.noise("gaussian", 0.5)  # which is compiled once for all draws
    drawn += [(again.noisy - again.clean)[:10], (again.noisy - again.clean)[10:]]
    drawn.append(np.subtract(*given.test(given.held_out, "gaussian", 0.5)[::-1]))
    firsts = np.stack([noise[:10].ravel() for noise in drawn])
    np.testing.assert_allclose(np.corrcoef(firsts) - np.eye(len(drawn)), 0, atol=0.2)
    np.testing.assert_allclose(firsts.std(1), 0.5, rtol=0.1)


@pytest.mark.parametrize("shape", [(3, 16, 12, 1), (3, 40, 2)])
def test_no_threshold_changes_nothing(shape):
    x = np.random.default_rng(0).normal(size=shape)
    np.testing.assert_allclose(filters.wavelet(x, 0.0), x, atol=1e-12)


def test_a_large_threshold_leaves_a_constant_alone():
    x = np.full((2, 16, 16, 1), 0.3)
    np.testing.assert_allclose(filters.wavelet(x, 10.0), x, atol=1e-12)


def test_a_lone_spike_is_gone_from_the_median_and_a_lone_hole_from_the_closing():
    x = np.zeros((1, 9, 9, 1))
    x[0, 4, 4] = 1
    assert not filters.median(x, 3).any()
    assert filters.closing(1 - x, 2).all()
    np.testing.assert_array_equal(filters.closing(1 - x, 1), 1 - x)


@pytest.mark.ci
def test_two_processes_give_what_one_does():
    method = Denoiser(filters.total_variation, {}, slow=True)
    many = np.tile(blobs(20), (FEW // 20 + 1, 1, 1, 1))
    np.testing.assert_array_equal(method(many, strength=0.1)[:20], filters.total_variation(blobs(20), 0.1))
