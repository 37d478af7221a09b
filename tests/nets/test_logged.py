"""A net that sees logarithms of counts."""

import jax
import jax.numpy as jnp
import numpy as np

from aelab.nets import Logged, mlp
from aelab.takes import offers, takes


def test_it_sees_the_logarithm_of_one_more_than_the_count():
    net = mlp.Encoder((4,))
    logged = Logged(net, 20.0)
    counts = np.float32([[0, 3, 20], [1, 7, 2]])
    params = logged.init(jax.random.key(0), counts / 20)
    inner = {"params": params["params"]["net"]}
    np.testing.assert_allclose(logged.apply(params, counts / 20), net.apply(inner, jnp.log1p(counts)), rtol=1e-5)
    assert takes(logged) == takes(net)
    assert offers(logged) == offers(net)
