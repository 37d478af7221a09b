"""What objectives that look at one draw of the code share: the draw, how far off it is decoded, and what it costs."""

from typing import Any, NamedTuple

from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.model import Autoencoder, PyTree
from aelab.objectives.draws import LogDensity, divergence, drawn


class OneDraw(NamedTuple):
    """Of each example, a draw of its code, and the distortion of what is decoded from it."""

    q: Any  # q(z|inputs)
    z: Any
    log_q: LogDensity  # gives log q(z), nats per example
    distortion: Float[Array, "batch"]  # -log p(targets|z) over what was observed, nats per example


def one_draw(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch) -> OneDraw:
    """The draw of a row depends on (key, its number) alone, on any number of devices."""
    q = model.encode(params, batch.inputs, **batch.beside_inputs)
    z, log_q = drawn(q, key, batch.index)
    x = model.decode(params, z, **batch.beside_code)
    return OneDraw(q, z, log_q, -x.log_prob(batch.targets, mask=batch.entries))


def rate_of(model: Autoencoder, params: PyTree, batch: Batch, draw: OneDraw) -> Float[Array, "batch"]:
    """KL(q(z|inputs) || p(z)), nats per example: in closed form where one is known, else estimated from the draw."""
    return divergence(draw.q, model.prior(params, condition=batch.condition), draw.z, draw.log_q)
