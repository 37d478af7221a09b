"""aelab, the autoencoder laboratory in JAX."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["launch", "load"]


def __getattr__(name: str) -> Any:
    """`aelab.load` and `aelab.launch`, imported when they are first used: the command line's help needs no JAX."""
    if name == "load":
        from aelab.runs.load import load

        return load
    if name == "launch":
        import importlib

        return importlib.import_module("aelab.runner.launch")
    raise AttributeError(f"module 'aelab' has no attribute '{name}'")
