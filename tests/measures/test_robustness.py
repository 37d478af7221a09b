"""Errors under noise and holes: those of the summary without any, and those of an empty input where all is hidden."""

import numpy as np
import pytest

from aelab.data.normalise import normalised
from aelab.measures import robustness
from aelab.measures.subject import Asked, read


@pytest.fixture(scope="module")
def subject(finished):
    return read(finished, Asked())


def test_no_noise_gives_the_error_of_the_summary(subject):
    mse = subject.run.read("summary.json")["scores"]["test/mse"]
    assert robustness.level(subject, "noise_mse", "gaussian", 0.0).value == pytest.approx(mse, rel=1e-6)


def test_where_all_is_hidden_every_event_comes_back_alike(subject):
    source = subject.source
    x = normalised(source.get_batch(np.arange(len(source))), source.spec)
    back = subject.model.reconstruct(subject.params, np.zeros_like(x))
    found = robustness.level(subject, "holes_mse", "masking", 1.0)
    assert found.value == pytest.approx(np.square(x - back).mean(), rel=1e-5)


def test_what_was_taken_away_is_said(subject):
    said = robustness.level(subject, "holes_mse", "masking", 0.5, "each entry is 0")
    assert said.name == "holes_mse:0.5"
    assert said.meaning.endswith("each entry is 0")
