"""What a trained model does, as compiled programs; the parameters are arguments.

The model is a static argument, and models of equal parts are equal. So each program is compiled once for all runs of
one recipe, whatever their parameters.
"""

from collections.abc import Sequence

import jax
from jaxtyping import Array, Float

from aelab.devices.compiled import compiled
from aelab.distributions import Distribution
from aelab.model import Autoencoder, PyTree

initialised = jax.jit(Autoencoder.init, static_argnums=0)
generated = compiled(static_argnums=(0,))(Autoencoder.generate)


@compiled(static_argnums=(0,))
def encoded(
    model: Autoencoder, params: PyTree, inputs: Float[Array, "batch *event"], mask=None, condition=None
) -> Distribution:
    """q(z|x) of each event."""
    return model.encode(params, inputs, mask=mask, condition=condition)


@compiled(static_argnums=(0,))
def code(model: Autoencoder, params: PyTree, inputs: Float[Array, "batch *event"], condition=None) -> PyTree:
    """The mode of q(z|x) of each event, a code."""
    return model.encode(params, inputs, condition=condition).mode


def code_form(model: Autoencoder, params: PyTree, event: Sequence[int]) -> PyTree:
    """The shapes of the code of one event, with a batch of 1. Nothing is computed."""
    x = jax.ShapeDtypeStruct((1, *event), "float32")
    return jax.eval_shape(lambda params, x: model.encode(params, x).mode, params, x)


@compiled(static_argnums=(0,))
def decoded(model: Autoencoder, params: PyTree, z: PyTree, condition=None) -> Float[Array, "batch *event"]:
    """The mean of p(x|z) at each code."""
    return model.decode(params, z, condition=condition).mean


@compiled(static_argnums=(0,), static_argnames=("part",))
def rebuilt(
    model: Autoencoder,
    params: PyTree,
    inputs: Float[Array, "batch *event"],
    mask=None,
    condition=None,
    *,
    hidden=None,
    part: str = "mean",
) -> Float[Array, "batch *event"]:
    """Each event from the mode of its code: the `part` of p(x|z) by name, its mean or its logits.

    `hidden` are the entries that were taken away, for encoders that look at them.
    """
    z = model.encode(params, inputs, mask=mask, hidden=hidden, condition=condition).mode
    return getattr(model.decode(params, z, mask=mask, condition=condition), part)
