"""How many programs are compiled, or fetched from JAX's cache, meanwhile."""

import contextlib
from collections.abc import Generator

import jax


@contextlib.contextmanager
def programs_compiled() -> Generator[list[str]]:
    """A list that has an entry for each; other listeners stay."""
    names: list[str] = []

    def listen(name: str, *_: object, **__: object) -> None:
        if name.endswith("backend_compile_duration"):
            names.append(name)

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield names
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
