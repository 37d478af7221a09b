"""The temperature of relaxed draws over a run."""

import numpy as np

from aelab.experiment import hyper
from aelab.objectives.gumbel_softmax import temperature_at
from experiments import vq


def test_the_temperature_falls_by_the_same_factor_in_each_step():
    numbers = hyper(vq.Config(quantiser="gumbel", temperature=2.0, last_temperature=0.5), 1, 100)
    found = np.array([temperature_at(step, numbers) for step in (0, 50, 100, 120)])
    np.testing.assert_allclose(found, [2.0, 1.0, 0.5, 0.5], rtol=1e-6)
