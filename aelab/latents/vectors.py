"""What a code whose numbers are one vector asks of the features."""

from jaxtyping import Array, Float

from aelab.errors import ConfigError


def require_vector(features: Float[Array, "batch ..."], name: str) -> None:
    """Features without a grid.

    Raises:
        ConfigError: the code would have a grid, and places that do not exist would reach the others.
    """
    if features.ndim > 2:
        raise ConfigError(f"--posterior {name}: needs a code that is one vector; leave out --latent-grid")
