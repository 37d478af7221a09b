"""Sizes for a number of parameters: as many as asked for, in the shape that was asked for."""

import jax
import pytest

from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.experiment import hyper
from aelab.training.initial import fresh_state
from experiments import autoencoder
from experiments.common.parameters import count, fit_parameters

IMAGE = Spec((28, 28, 1), "uint8", "unit", scale=255.0)


@pytest.mark.parametrize(
    "net",
    [
        pytest.param("mlp", marks=pytest.mark.ci),
        *(pytest.param(n, marks=pytest.mark.long) for n in ("conv", "lstm", "transformer")),
    ],
)
def test_a_net_has_the_parameters_it_is_fitted_to(net):
    config = autoencoder.Config(net=net, patch=7, dense=32)
    fitted = fit_parameters(config, autoencoder.build, IMAGE, 60_000)
    found = count(fitted, autoencoder.build, IMAGE)
    assert abs(found - 60_000) <= 6_000
    state = fresh_state(autoencoder.build(fitted, IMAGE), IMAGE, 0, hyper(fitted, 1, 1))
    assert found == sum(leaf.size for leaf in jax.tree.leaves(state.params))
    if net == "mlp":
        wide, narrow = fitted.widths
        assert abs(wide / narrow - 2) < 0.2  # as 512 to 256


def test_a_number_that_no_size_comes_near_is_one_line():
    with pytest.raises(ConfigError, match="--parameters: mlp comes no closer to 10 than"):
        fit_parameters(autoencoder.Config(), autoencoder.build, IMAGE, 10)
