"""Likelihoods p(x|z): from a decoder's outputs to a distribution over the event; and the textbook's two losses.

Objectives use `log_prob`, in nats summed over the event. Reports use `mse` and `bce`, means over the entries. The two
scales are never mixed: the first has units of information, the second does not change with the size of the picture.
"""

import math
from collections.abc import Sequence
from typing import Literal

import flax.linen as nn
import jax.numpy as jnp
from jax.scipy.special import xlog1py, xlogy
from jaxtyping import Array, Float

from aelab import distributions
from aelab.distributions import jit
from aelab.errors import ConfigError


class Bernoulli(nn.Module):
    """Entries in [0, 1] as coins; the outputs are log odds, the negative log likelihood is the BCE."""

    outputs = 1  # numbers the decoder must give for each entry

    def __call__(self, outputs: Float[Array, "batch *event"]) -> distributions.Bernoulli:
        return distributions.Bernoulli(outputs)


class Normal(nn.Module):
    """Real entries with one standard deviation; the outputs are means, the negative log likelihood a squared error.

    `sigma="learned"` fits log σ with the network (σ-VAE: Rybkin et al. 2021, arXiv:2006.13202), from σ = 1.
    """

    sigma: float | Literal["learned"] = 1.0
    outputs = 1

    @nn.compact
    def __call__(self, outputs: Float[Array, "batch *event"]) -> distributions.Normal:
        if self.sigma == "learned":
            log_sigma = self.param("log_sigma", nn.initializers.zeros, ())
        else:
            log_sigma = jnp.asarray(math.log(self.sigma), outputs.dtype)
        return distributions.Normal(outputs, 2 * log_sigma)


class GreyLevels(nn.Module):
    """Entries in [0, 1] as one of `levels` evenly spaced values; the outputs are one log weight a level."""

    levels: int = 256

    @property
    def outputs(self) -> int:
        return self.levels

    def __call__(self, outputs: Float[Array, "batch *event choice"]) -> distributions.GreyLevels:
        return distributions.GreyLevels(outputs)


class Categorical(nn.Module):
    """Entries that are numbers of choices, 0 to `choices` − 1; the outputs are one log weight a choice."""

    choices: int

    @property
    def outputs(self) -> int:
        return self.choices

    def __call__(self, outputs: Float[Array, "batch *event choice"]) -> distributions.Categorical:
        return distributions.Categorical(outputs)


def choose(
    name: Literal["auto", "bernoulli", "normal", "categorical"],
    values: Literal["unit", "real"],
    *,
    sigma: float | Literal["learned"] = 1.0,
    levels: int = 256,
) -> Bernoulli | Normal | GreyLevels:
    """The likelihood of that name; `auto` is Bernoulli for values in [0, 1] ("unit") and normal for others ("real").

    "categorical" are the `GreyLevels` of [0, 1], under the name that stands in the configs of runs.

    Raises:
        ConfigError: a likelihood on [0, 1] for values outside it, or a name that is none of these.
    """
    name = {"unit": "bernoulli", "real": "normal"}[values] if name == "auto" else name
    if name == "normal":
        return Normal(sigma)
    if name not in ("bernoulli", "categorical"):
        raise ConfigError(f"--likelihood: no {name!r}; there are bernoulli, normal and categorical")
    if values != "unit":
        raise ConfigError(f"--likelihood: {name} needs values in [0, 1], and these are not; use normal")
    return Bernoulli() if name == "bernoulli" else GreyLevels(levels)


@jit
def mse(y: Float[Array, "*shape"], y_hat: Float[Array, "*shape"]) -> Float[Array, ""]:
    """Mean squared error (1/n) Σ (y − ŷ)² over all n entries; for reports."""
    return jnp.square(y - y_hat).mean()


@jit
def bce(y: Float[Array, "*shape"], p: Float[Array, "*shape"]) -> Float[Array, ""]:
    """Binary cross-entropy −(1/n) Σ [y log p + (1 − y) log(1 − p)] over all n entries, in nats; for reports.

    On probabilities, with their limits: 0·log 0 = 0, and infinite where an impossible value occurred.
    """
    return -(xlogy(y, p) + xlog1py(1 - y, -p)).mean()


def event_outputs(likelihood: nn.Module, event: Sequence[int]) -> tuple[int, ...]:
    """Shape of a decoder's outputs for one example: the event's, and the outputs of an entry behind if several."""
    return (*event,) if likelihood.outputs == 1 else (*event, likelihood.outputs)
