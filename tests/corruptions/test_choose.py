"""A config's corruption: ranges of strengths, fills, bits, and what is rebuilt; what means nothing is refused."""

import numpy as np
import pytest
from spoiling import chosen, grey

from aelab import corruptions
from aelab.batch import Batch
from aelab.errors import ConfigError
from experiments import autoencoder


def test_a_range_of_strengths_is_uniform_from_nothing_to_the_strength():
    hidden = chosen(grey(500, (400,)), corruption="masking", noise=0.8, noise_range=True).hidden
    share = np.sort(hidden.mean(1))
    np.testing.assert_allclose(share, np.linspace(0, 0.8, 500), atol=0.08)


@pytest.mark.parametrize(
    ("fields", "values", "shape", "said"),
    [
        ({"noise": 0.1}, "unit", (8,), "there is none"),
        ({"corruption": "gaussian"}, "unit", (8,), "strength above 0"),
        ({"corruption": "salt_and_pepper", "noise": 0.1}, "real", (8,), "use gaussian"),
        ({"corruption": "quadrants", "noise": 0.25}, "unit", (8, 1), "needs images"),
        ({"corruption": "affine", "noise": 0.2}, "unit", (8,), "needs images or series"),
        ({"corruption": "affine", "noise": 0.2, "rebuild": "hidden"}, "unit", (8, 8, 1), "hides nothing"),
    ],
)
def test_what_means_nothing_is_refused(fields, values, shape, said):
    with pytest.raises(ConfigError, match=said):
        corruptions.choose(autoencoder.Config(**fields), values, shape)


def test_hidden_entries_hold_what_is_asked_for():
    spoilt = chosen(grey(4, (8, 8, 1)), corruption="occlusion", noise=0.5, fill=-1.0)
    np.testing.assert_array_equal(spoilt.inputs, np.where(spoilt.hidden, -1, 0.5))


def test_what_is_hidden_is_independent_of_how_much():
    """Given the share hidden of a row, no single entry of it is hidden more often in strong rows than that share."""
    rows = 3000
    hidden = np.asarray(chosen(grey(rows, (100,)), corruption="masking", noise=0.8, noise_range=True).hidden, float)
    share = hidden.mean(1, keepdims=True)
    covariance = ((hidden - share) * (share - share.mean())).mean(0)
    assert abs(covariance).max() < 5 * 0.5 * share.std() / rows**0.5


def test_what_is_hidden_is_independent_of_the_bits():
    spoilt = chosen(grey(400), binarize=True, corruption="masking", noise=0.3)
    np.testing.assert_allclose(np.asarray(spoilt.targets)[spoilt.hidden].mean(), 0.5, atol=0.02)


def test_strengths_follow_the_index_of_a_row():
    settings = {"corruption": "masking", "noise": 0.8, "noise_range": True}
    batch, rows = grey(20, (50,)), np.array([11, 0, 7])
    part = Batch(batch.inputs[rows], batch.targets[rows], index=rows)
    np.testing.assert_array_equal(chosen(part, **settings).inputs, chosen(batch, **settings).inputs[rows])


def test_what_is_rebuilt_is_what_was_hidden_of_what_exists():
    mask = np.arange(9) < np.array([9, 4, 1])[:, None]
    batch = grey(3, (9, 2))._replace(mask=mask)
    spoilt = chosen(batch, corruption="masking", noise=0.5, rebuild="hidden")
    np.testing.assert_array_equal(spoilt.counted, spoilt.hidden & mask[..., None])
    assert spoilt.hidden.any()
    assert chosen(batch, corruption="masking", noise=0.5, rebuild="all").counted is None
