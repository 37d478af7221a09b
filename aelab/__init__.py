"""aelab, the autoencoder laboratory in JAX."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["load"]


def __getattr__(name: str) -> Any:
    """`aelab.load`, imported when it is first used: the command line's help needs no jax."""
    if name == "load":
        from aelab.experiment import load

        return load
    raise AttributeError(f"module 'aelab' has no attribute '{name}'")
