"""Stored events as the batch that objectives take, made inside a compiled program."""

from collections.abc import Mapping

import jax.numpy as jnp
from jaxtyping import Array, ArrayLike, Float

from aelab.batch import Batch
from aelab.data.normalise import normalise
from aelab.data.source import Spec


def to_batch(stored: Mapping[str, ArrayLike], spec: Spec, *, weight: Array, index: Array) -> Batch:
    """Events as a model sees them, float32; those of a series are 0 outside `mask`, which says where it exists.

    Entries that were not observed are 0 as well, which is the mean where values are standardised. `counted` says which
    were, so that no loss and no score looks at the others. `condition` is what the spec names.
    """
    x = normalise(jnp.asarray(stored["x"], jnp.float32), spec)
    mask = None
    if "length" in stored:
        mask = jnp.arange(spec.shape[0]) < jnp.asarray(stored["length"])[:, None]
        x = jnp.where(mask[..., None], x, 0)
    counted = None
    if spec.missing:
        there = ~jnp.isnan(x)
        x = jnp.where(there, x, 0)
        counted = there if mask is None else there & mask[..., None]
    beside = seen_condition(stored[spec.condition], spec) if spec.condition else None
    return Batch(inputs=x, targets=x, mask=mask, weight=weight, index=index, condition=beside, counted=counted)


def seen_condition(values: ArrayLike, spec: Spec) -> Float[Array, "batch *side"]:
    """Conditions as a model sees them, from conditions as they are stored, float32.

    A label of K classes is √K at its place and 0 elsewhere. So its mean square is 1, as that of any other condition is:
    with a plain 1, ten classes were a faint signal beside a code, and a decoder learnt to heed it much later.
    """
    if spec.condition == "label":
        classes = spec.side[0]
        return jnp.sqrt(classes) * (jnp.asarray(values)[:, None] == jnp.arange(classes)).astype(jnp.float32)
    numbers = jnp.asarray(values, jnp.float32).reshape(-1, *spec.side)
    return (numbers - jnp.asarray(spec.side_shift, jnp.float32)) / jnp.asarray(spec.side_scale, jnp.float32)
