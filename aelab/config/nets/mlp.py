"""The settings of the fully connected net, `aelab.nets.mlp`."""

from dataclasses import dataclass

from aelab.config.bounds import Size
from aelab.config.markers import since
from aelab.config.nets.common import Record


@dataclass(frozen=True)
class Mlp:
    """Hidden layers by their widths."""

    widths: tuple[Size, ...] = (512, 256)  # mlp: hidden layers of the encoder; the decoder mirrors them
    mirror: bool = since("0.1.0", True)  # mlp: or not, and the decoder is one linear layer
    shortcut: bool = since(
        "0.1.0", False
    )  # mlp: a linear way past the hidden layers, from the event to the code and back


RECORD = Record(Mlp, sizes=("widths",), tiny={"widths": (16,)})
