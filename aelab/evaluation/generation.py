"""Events from the prior; series take lengths as they occur in training."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Key

from aelab.devices.compiled import compiled
from aelab.distributions import row_keys
from aelab.model import Autoencoder, PyTree


@compiled(static_argnums=(0, 4))
def generate(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    index: Int[Array, "batch"],
    lengths: tuple[int, ...] = (),
    condition: Float[Array, "batch *side"] | None = None,
) -> tuple[Float[Array, "batch *event"], Bool[Array, "batch time"] | None]:
    """Events for each `index`, and their mask where `lengths` counts training series by their steps."""
    codes, steps = jax.random.split(key)
    mask = draw_mask(steps, index, lengths) if lengths else None
    return model.generate(params, codes, index, mask=mask, condition=condition), mask


def draw_mask(key: Key[Array, ""], index: Int[Array, "batch"], lengths: Sequence[int]) -> Bool[Array, "batch time"]:
    """Lengths drawn with the frequencies of training, as masks over the longest; a row's depends on (key, index)."""
    frequency = jnp.log(jnp.asarray(lengths, jnp.float32))
    drawn = jax.vmap(lambda row: jax.random.categorical(row, frequency))(row_keys(key, index))
    return jnp.arange(len(lengths) - 1) < drawn[:, None]
