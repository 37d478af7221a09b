"""Errors of reconstructions, held against scikit-image and against the summary of the run."""

import json

import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from aelab.data.normalise import normalised
from aelab.measures import likelihood, reconstruction
from aelab.measures.measure import Measured, Undefined
from aelab.measures.subject import Asked, read


@pytest.fixture(scope="module")
def subject(finished):
    return read(finished, Asked(samples=2))


def by_name(found):
    return {each.name: each for each in found}


def test_psnr_and_ssim_are_those_of_scikit_image(subject):
    source = subject.source
    x = normalised(source.get_batch(np.arange(len(source))), source.spec)
    back = np.clip(np.asarray(subject.model.reconstruct(subject.params, x)), 0, 1)
    pairs = list(zip(np.asarray(x, float), np.asarray(back, float), strict=True))
    found = by_name(reconstruction.of_images(subject))
    ssim = [structural_similarity(a, b, data_range=1, channel_axis=-1) for a, b in pairs]
    psnr = [peak_signal_noise_ratio(a, b, data_range=1) for a, b in pairs]
    assert found["ssim"].value == pytest.approx(np.mean(ssim), abs=1e-6)
    assert found["psnr"].value == pytest.approx(np.mean(psnr), abs=1e-4)
    assert found["psnr"].error == pytest.approx(np.std(psnr, ddof=1) / np.sqrt(len(psnr)), rel=1e-3)


def test_numbers_are_those_of_the_summary(subject, finished):
    scores = json.loads((finished / "summary.json").read_text())["scores"]
    found = by_name([*reconstruction.measure(subject), *likelihood.measure(subject)])
    both = [name for name in found if f"test/{name}" in scores]
    assert {"elbo", "l_2", "distortion", "rate", "mse", "bce", "squared_error", "bits_per_dim"} <= set(both)
    for name in both:
        assert found[name].value == pytest.approx(scores[f"test/{name}"], rel=1e-7)


def test_a_score_is_described_by_the_registry(subject):
    found = by_name(reconstruction.measure(subject))["psnr"]
    assert isinstance(found, Measured)
    assert (found.unit, found.direction, found.n, found.split) == ("dB", "higher", len(subject.source), "test")


def test_what_is_no_picture_has_no_ssim(subject, monkeypatch):
    spec = subject.splits.spec._replace(shape=(8, 8), values="real")
    monkeypatch.setattr(subject, "splits", subject.splits._replace(spec=spec))
    assert all(isinstance(each, Undefined) and "images" in each.why for each in reconstruction.of_images(subject))
