"""Codes of sparse dictionaries, a file each: which units of a wide code answer to an event, and which of them are on.

Each is a head from the encoder's features to a `distributions.Sparse`. `menu[kind](config)` makes that of a kind, which
`--dictionary` names.
"""

from collections.abc import Callable
from typing import Any

import flax.linen as nn

from aelab.latents.dictionaries.rectified import Rectified
from aelab.latents.dictionaries.top_k import TopK, kept

menu: dict[str, Callable[[Any], nn.Module]] = {
    "l1": lambda config: Rectified(config.latent_dim),
    "topk": lambda config: TopK(config.latent_dim, config.k),
}

__all__ = ["Rectified", "TopK", "kept", "menu"]
