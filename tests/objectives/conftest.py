"""The model whose every bound is known."""

import pytest
from linear_model import LinearGaussian, linear_gaussian_model


@pytest.fixture(scope="session")
def linear_gaussian() -> LinearGaussian:
    return linear_gaussian_model()
