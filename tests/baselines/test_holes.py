"""Each method that fills holes, tuned on a few events."""

import numpy as np
import pytest

from aelab.baselines.gaussian import moments
from aelab.baselines.holes import fillers
from aelab.baselines.tuning import tune


@pytest.mark.parametrize("shape", [(4, 4, 1), (10, 2)], ids=["image", "series"])
def test_every_method_keeps_what_is_seen_and_can_be_tuned(shape):
    rng = np.random.default_rng(0)
    clean = np.cumsum(rng.normal(size=(80, *shape)), 1).astype(np.float32)
    hidden = rng.random(clean.shape) < 0.3
    seen = np.where(hidden, 0, clean)
    found = fillers(clean[:60], seen[:60], hidden[:60], moments(clean[:60]))
    assert ("biharmonic" if len(shape) == 3 else "interpolation") in found
    errors = {}
    for name, filler in found.items():
        filled = lambda filler=filler, **setting: filler.fill(seen[60:], hidden[60:], **setting)  # noqa: E731
        best = tune(lambda filled=filled, **setting: -np.square(filled(**setting) - clean[60:]).mean(), filler.axes)
        np.testing.assert_array_equal(filled(**best.setting)[~hidden[60:]], clean[60:][~hidden[60:]])
        errors[name] = -best.score
    assert errors["normal distribution"] < errors["neighbours"] < errors["mean"]  # events that are normal
