"""Encoder and decoder of a run as programs of the page, a batch of one event."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import ShapeDtypeStruct as Shape

from aelab.data.source import Spec
from aelab.distributions import Normal
from aelab.errors import ConfigError
from aelab.explore.programs import Program
from aelab.explore.trace import program_of
from aelab.explore.weights import Weights
from aelab.latents import dims, flat, like
from aelab.model import Autoencoder, PyTree


class Programs(NamedTuple):
    """What the page runs. Both read the mask of a series and the condition, where the run has them, behind the first.

    `encode` gives the mode of q(z|x), and its standard deviation where q is normal; `decode` the mean of p(x|z).
    """

    encode: Program
    decode: Program


def programs(model: Autoencoder, params: PyTree, spec: Spec, weights: Weights) -> Programs:
    """Both programs of a model with these parameters.

    Raises:
        ConfigError: a condition that is no label, or something that the page has no operation for.
    """
    if model.conditional and spec.condition != "label":
        raise ConfigError(
            "explore: this run is shown a condition that is no label, and the page has no way to give one; "
            "explore a run without --condition, or with --condition label"
        )
    params = jax.tree.map(jnp.asarray, params)  # arrays of numpy cannot be indexed by what is traced
    beside = {"mask": Shape((1, spec.shape[0]), jnp.float32)} if spec.lengths else {}
    beside |= {"condition": Shape((1, *spec.side), jnp.float32)} if model.conditional else {}

    def context(values: tuple[jax.Array, ...]) -> dict[str, Any]:
        found = dict(zip(beside, values, strict=True))
        return found | ({"mask": found["mask"] > 0.5} if "mask" in found else {})

    def posterior(x, *values):
        return model.encode(params, x, **context(values))

    def encode(x, *values):
        q = posterior(x, *values)
        return (flat(q.mode), flat(q.stddev)) if isinstance(q, Normal) else (flat(q.mode),)

    event = Shape((1, *spec.shape), jnp.float32)
    form = jax.eval_shape(lambda *given: posterior(*given).mode, event, *beside.values())

    def decode(z, *values):
        return (model.decode(params, like(z, form), **context(values)).mean,)

    code = Shape((1, dims(form)), jnp.float32)
    made = [program_of(f, [x, *beside.values()], weights) for f, x in ((encode, event), (decode, code))]
    return Programs(*made)
