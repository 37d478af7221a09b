"""The head of a code on the sphere: a direction, and how closely draws lie around it."""

import jax
import numpy as np
import pytest

from aelab import latents
from aelab.errors import ConfigError

RNG = np.random.default_rng(0)
FEATURES = RNG.normal(size=(6, 5)).astype("f4")
LAYERS = {name: {"kernel": RNG.normal(size=(5, n)).astype("f4"), "bias": RNG.normal(size=n).astype("f4")}
          for name, n in (("direction", 3), ("concentration", 1))}  # fmt: skip


def test_its_outputs_are_a_direction_and_a_concentration_of_at_least_1():
    q = jax.jit(latents.VonMisesFisher(3).apply)({"params": LAYERS}, FEATURES)
    direction, raised = (np.float64(FEATURES @ LAYERS[n]["kernel"] + LAYERS[n]["bias"]) for n in LAYERS)
    np.testing.assert_allclose(q.mode, direction / np.linalg.norm(direction, axis=1, keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(q.concentration, 1 + np.logaddexp(0, raised[:, 0]), rtol=1e-5)


@pytest.mark.parametrize(
    ("dims", "shape", "said"),
    [
        (1, (6, 5), "--latent-dim: a code on a sphere needs"),
        (3, (6, 2, 5), "--posterior vmf: needs a code that is one"),
    ],
)
def test_what_has_no_sphere_is_refused(dims, shape, said):
    with pytest.raises(ConfigError, match=said):
        latents.VonMisesFisher(dims).apply({"params": LAYERS}, np.zeros(shape, "f4"))
