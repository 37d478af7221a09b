"""Architectures, a file each: an `Encoder` (event to features) and a `Decoder` (code to event-shaped outputs).

`menu[name](config, event, outputs)` makes both from a config: sizes derive from the event's shape and the likelihood's.
"""

from aelab.nets import conv, critics, dictionary, lstm, masked, mlp, transformer
from aelab.nets.activations import activations
from aelab.nets.causal_conv import CausalConv
from aelab.nets.causal_transformer import CausalTransformer
from aelab.nets.conditioned import conditioned
from aelab.nets.logged import Logged
from aelab.nets.own import own
from aelab.nets.seeing import seeing
from aelab.nets.spectral import Spectral
from aelab.nets.unconditional import Unconditional

menu = {"conv": conv.build, "lstm": lstm.build, "mlp": mlp.build, "transformer": transformer.build}

__all__ = [
    "CausalConv",
    "CausalTransformer",
    "Logged",
    "Spectral",
    "Unconditional",
    "activations",
    "conditioned",
    "conv",
    "critics",
    "dictionary",
    "lstm",
    "masked",
    "menu",
    "mlp",
    "own",
    "seeing",
    "transformer",
]
