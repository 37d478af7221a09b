"""A distribution over one layer of a code, given the layer above: what a network says, as a record of arrays."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import flax.linen as nn
from jax.tree_util import Partial
from jaxtyping import Array, Float

from aelab.distributions.protocol import Distribution


class Given(NamedTuple):
    """q(z|above), or p(z|above): `network(above, *context)` is a distribution with a row for each row of `above`.

    The parameters of the network travel inside the record, so functions that are compiled take it and return it.
    `context` are arrays with a row for each example, such as the features of an encoder.
    """

    network: Partial
    context: tuple[Array, ...] = ()

    def __call__(self, above: Float[Array, "batch *code"]) -> Distribution:
        return self.network(above, *self.context)


@dataclass(frozen=True)
class _Apply:
    """A module as a function of its parameters; those of equal modules are equal, and so share compiled programs."""

    module: nn.Module

    def __call__(self, variables: Any, *args: Array, method: str | None = None) -> Any:
        return self.module.apply(variables, *args, method=method)


def given(module: nn.Module, above: Float[Array, "batch *code"], *context: Array) -> Given:
    """The distribution that a submodule gives for the layer below `above`, to be called inside its Linen module.

    The module is called once, with `above` as an example of what it will see. So its parameters are made at the start,
    and tables of layers show it. What it returns there is not used, so a compiled program does not compute it.
    """
    return Given(network(module, above, *context), context)


def network(module: nn.Module, *example: Array) -> Partial:
    """A submodule as a function that carries its parameters, to be called inside its Linen module.

    The module is called once, on an `example` of what it will see: see `given`. Another method of the module than
    `__call__` is named by `method=`.
    """
    module(*example)
    unbound, variables = module.unbind()
    return Partial(_Apply(unbound), variables)
