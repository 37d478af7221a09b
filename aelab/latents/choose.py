"""Kinds of code by name: which settings make q(z|x), and the decoder that goes with it."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn

from aelab.errors import ConfigError
from aelab.latents.full_normal import FullNormal
from aelab.latents.gaussian import Gaussian
from aelab.latents.inverse_autoregressive import InverseAutoregressive
from aelab.latents.layered import BottomUpLayers, LowestLayer, TopDownLayers
from aelab.latents.planar import Planar
from aelab.latents.von_mises_fisher import VonMisesFisher

menu: dict[str, Callable[[Any], nn.Module]] = {
    "normal": lambda config: Gaussian(config.latent_dim),
    "full": lambda config: FullNormal(config.latent_dim),
    "planar": lambda config: Planar(config.latent_dim, config.flow_steps),
    "iaf": lambda config: InverseAutoregressive(config.latent_dim, config.flow_steps, config.code_width),
    "vmf": lambda config: VonMisesFisher(config.latent_dim),
    "layered": lambda config: TopDownLayers((config.latent_dim, *config.upper_dims), config.code_width),
    "bottom_up": lambda config: BottomUpLayers((config.latent_dim, *config.upper_dims), config.code_width),
}
LAYERED = ("layered", "bottom_up")


def chosen(config: Any) -> nn.Module:
    """The head from features to q(z|x) that a config asks for.

    Raises:
        ConfigError: the name is none of the menu, or a code of layers has one layer.
    """
    if config.posterior not in menu:
        raise ConfigError(f"--posterior: no {config.posterior!r}; there are {', '.join(menu)}")
    if config.posterior in LAYERED and not config.upper_dims:
        raise ConfigError("--upper-dims: a code of layers needs a width for each layer above the first, as 8")
    return menu[config.posterior](config)


def decoding(config: Any, decoder: nn.Module) -> nn.Module:
    """The decoder of such a code: of one of several layers, it is fed the lowest."""
    return LowestLayer(decoder) if config.posterior in LAYERED else decoder
