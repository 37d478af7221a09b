"""What the settings of nets have in common."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from aelab.config.bounds import Layers, Size

Activation = Literal["elu", "gelu", "identity", "leaky_relu", "relu", "sigmoid", "silu", "tanh"]


class Record(NamedTuple):
    """A net's settings, and what there is to know of them without the net."""

    options: Any  # a dataclass of the settings that the net reads beside those of `Choice`
    sizes: tuple[str, ...]  # those that make the net larger; they are scaled together to a number of parameters
    tiny: dict[str, Any]  # those of a net that only shows that it runs
    multiple: str = ""  # the setting that a scaled size must be a multiple of


@dataclass(frozen=True)
class Stacked:
    """Layers of one width."""

    width: Size = 128  # lstm, transformer: of the state or the tokens
    depth: Layers = 1  # lstm, transformer: layers or blocks of the encoder, and as many of the decoder
