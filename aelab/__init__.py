"""aelab, the autoencoder laboratory in JAX."""

from typing import Any

__version__ = "0.1.0"
__all__ = ["data", "events", "fit", "launch", "load", "restore"]


def __getattr__(name: str) -> Any:
    """The names of `__all__`, imported when they are first used: the command line's help needs no JAX."""
    if name in ("load", "restore"):
        from aelab.runs import load

        return getattr(load, name)
    if name == "events":
        from aelab.runs.events import events

        return events
    if name == "fit":
        from aelab.runner.fit import fit

        return fit
    if name in ("data", "launch"):
        import importlib

        return importlib.import_module({"data": "aelab.data", "launch": "aelab.runner.launch"}[name])
    raise AttributeError(f"module 'aelab' has no attribute '{name}'")
