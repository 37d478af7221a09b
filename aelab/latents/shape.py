"""The shape of a code, which a prior must share."""

from collections.abc import Sequence
from typing import Any

import flax.linen as nn
import jax

from aelab.seeds import key_shape


def code_shape(encoder: nn.Module, posterior: nn.Module, event: Sequence[int], part: str = "mode") -> Any:
    """Of the code of one event: a width, or a grid with its channels last; of a tuple of layers, those of each.

    Another `part` of q(z|x) is named, such as the `indices` of a quantised code. Nothing is computed.
    """

    def of_one(key, x):
        features, _ = encoder.init_with_output(key, x)
        return getattr(posterior.init_with_output(key, features)[0], part)

    shapes = jax.eval_shape(of_one, key_shape(), jax.ShapeDtypeStruct((1, *event), "float32"))
    return jax.tree.map(lambda layer: layer.shape[1:], shapes)
