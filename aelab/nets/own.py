"""A net of a user's own, in the place of one from the menu."""

from collections.abc import Callable
from typing import Any

import flax.linen as nn

from aelab.errors import ConfigError
from aelab.nets import mlp

Maker = Callable[..., tuple[Any, Any]]  # (config, event, outputs) -> (encoder, decoder), as those of the menu


def own(net: Any) -> Maker:
    """What makes encoder and decoder of `net`, as the entries of `nets.menu` do.

    `net` is a Linen module that turns events into features, which gets the fully connected decoder of the config's
    `widths`; or a pair `(encoder, decoder)` of such modules, the decoder giving what the likelihood needs for each
    event; or a function `(config, event, outputs) -> (encoder, decoder)` that is given the shape of an event and of
    these outputs.

    Raises:
        ConfigError: it is none of these.
    """
    if isinstance(net, nn.Module):
        return lambda config, event, outputs: (net, mlp.build(config, event, outputs)[1])
    if isinstance(net, tuple) and len(net) == 2 and all(isinstance(part, nn.Module) for part in net):
        return lambda config, event, outputs: net
    if callable(net) and not isinstance(net, type):
        return net
    raise ConfigError(
        f"net: got {str(net)[:60]}; give a name, an encoder, a pair (encoder, decoder), or a function "
        "(config, event, outputs) that makes a pair"
    )
