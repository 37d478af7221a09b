"""log I_ν against scipy, and its slope, for orders and arguments on both sides of the border."""

import jax
import numpy as np
import pytest
import scipy.special

from aelab.distributions.bessel import log_bessel

X = np.float32([1e-3, 0.1, 1, 5, 12, 13.9, 14.1, 20, 90, 700, 5000])


@pytest.mark.parametrize("order", [0.0, 0.5, 3.0, 13.0, 40.0])
def test_the_logarithm_and_its_slope_are_scipys(order):
    value, slope = jax.jit(jax.vmap(jax.value_and_grad(lambda x: log_bessel(order, x))))(X)
    x = np.float64(X)
    exact = np.log(scipy.special.ive(order, x)) + x
    known = np.isfinite(exact)  # scipy's is 0 where I_ν is below 1e-300
    assert known.sum() >= 9
    np.testing.assert_allclose(value[known], exact[known], rtol=1e-6, atol=2e-5)
    ratio = scipy.special.ive(order + 1, x) / np.where(known, scipy.special.ive(order, x), 1) + order / x
    np.testing.assert_allclose(slope[known], ratio[known], rtol=1e-4)
