"""Compiled functions that may be given arrays of several processes: none of these runs before all have compiled it."""

from collections.abc import Callable, Sequence
from functools import partial, update_wrapper
from typing import Any

import jax
import jax.core

from aelab.devices import processes


class Compiled:
    """`jax.jit(function, …)`, for which processes wait where one of them compiles for longer than another.

    On a CPU, devices that are to send each other something wait for half a minute, and then give up.
    """

    def __init__(self, function: Callable, static_argnums: Sequence[int], static_argnames: Sequence[str]):
        update_wrapper(self, function)
        self._nums, self._names = frozenset(static_argnums), frozenset(static_argnames)
        self.jitted: Any = jax.jit(function, static_argnums=static_argnums, static_argnames=static_argnames)
        self._ready: dict[Any, Callable] = {}  # by static arguments and shapes

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not any(map(_elsewhere_too, jax.tree.leaves((args, kwargs)))):
            return self.jitted(*args, **kwargs)
        traced = [arg for i, arg in enumerate(args) if i not in self._nums]
        named = {name: arg for name, arg in kwargs.items() if name not in self._names}
        fixed = [arg for i, arg in enumerate(args) if i in self._nums]
        leaves, form = jax.tree.flatten((traced, named))
        options = sorted((name, arg) for name, arg in kwargs.items() if name in self._names)
        key = (*fixed, *options, form, *map(jax.typeof, leaves))
        if key not in self._ready:
            self._ready[key] = self.jitted.lower(*args, **kwargs).compile()
            processes.team().meet()
        return self._ready[key](*traced, **named)


def compiled(static_argnums: Sequence[int] = (), static_argnames: Sequence[str] = ()) -> Callable[[Callable], Compiled]:
    """A decorator: `Compiled`."""
    return partial(Compiled, static_argnums=static_argnums, static_argnames=static_argnames)


def _elsewhere_too(leaf: Any) -> bool:
    """Whether devices of other processes have a part of an array, or all of it too."""
    traced = isinstance(leaf, jax.core.Tracer)
    return isinstance(leaf, jax.Array) and not traced and not leaf.is_fully_addressable
