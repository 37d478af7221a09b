"""Codes of sparse dictionaries, a file each: which units of a wide code answer to an event, and which of them are on.

Each is a head from the encoder's features to a `distributions.Sparse`. `menu[kind](config)` makes that of a kind, which
`--dictionary` names.
"""

from collections.abc import Callable
from typing import Any

import flax.linen as nn

from aelab.latents.dictionaries.batch_top_k import BatchTopK
from aelab.latents.dictionaries.gated import Gated
from aelab.latents.dictionaries.jump_relu import JumpReLU
from aelab.latents.dictionaries.rectified import Rectified
from aelab.latents.dictionaries.top_k import TopK, kept

menu: dict[str, Callable[[Any], nn.Module]] = {
    "l1": lambda config: Rectified(config.latent_dim),
    "topk": lambda config: TopK(config.latent_dim, config.k),
    "batch_topk": lambda config: BatchTopK(config.latent_dim),
    "jump_relu": lambda config: JumpReLU(config.latent_dim, config.bandwidth, config.first_threshold),
    "gated": lambda config: Gated(config.latent_dim),
    "matryoshka": lambda config: BatchTopK(config.latent_dim),
}

__all__ = ["BatchTopK", "Gated", "JumpReLU", "Rectified", "TopK", "kept", "menu"]
