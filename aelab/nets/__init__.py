"""Architectures, a file each: an `Encoder` (event to features) and a `Decoder` (code to event-shaped outputs).

`menu[name](config, event, outputs)` makes both from a config: sizes derive from the event's shape and the likelihood's.
"""

from aelab.nets import mlp
from aelab.nets.activations import activations

menu = {"mlp": mlp.build}

__all__ = ["activations", "menu", "mlp"]
