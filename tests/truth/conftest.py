"""The model whose log p(x) is known, and one whose true posterior is correlated."""

import pytest
from linear_model import LinearGaussian, linear_gaussian_model


@pytest.fixture(scope="session")
def linear_gaussian() -> LinearGaussian:
    return linear_gaussian_model()
