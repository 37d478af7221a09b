"""The prior of a quantised code before one is learned: all codes alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jax.tree_util import Partial

from aelab import distributions


class UniformCodes(nn.Module):
    """Each index of a code is any of its book, as likely as another (van den Oord et al. 2017, section 3.1).

    `shape` is that of the indices of one event. The entries are those of the model's own posterior.
    """

    shape: Sequence[int]

    takes = ("view",)

    def __call__(self, view) -> distributions.UniformCodes:
        choices = jnp.full(tuple(self.shape), view.model.parts.posterior.book.codes, jnp.int32)
        return distributions.UniformCodes(choices, entries_of(view))


def entries_of(view) -> Partial:
    """What gives the codes that indices stand for, by the book of the model that is looked at."""
    return Partial(_LookUp(view.model.parts.posterior), {"params": view.params["model"].get("posterior", {})})


@dataclass(frozen=True)
class _LookUp:
    """The codes of indices as a function of parameters; those of equal heads are equal, and so share programs."""

    head: nn.Module

    def __call__(self, variables: Any, indices: Any) -> Any:
        return self.head.apply(variables, indices, method="look_up")
