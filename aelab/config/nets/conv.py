"""The settings of the convolutional net, `aelab.nets.conv`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from aelab.config.bounds import Bounds, Size, SizeOrNone
from aelab.config.nets.common import Record


@dataclass(frozen=True)
class Conv:
    """Stages of convolutions, each of half the size."""

    channels: tuple[Size, ...] = (32, 64)  # conv: of each stage, which halves every axis; the decoder mirrors them
    kernel: Size = 3  # conv: entries along each axis of a window
    residual: Annotated[int, Bounds(low=0, high=1000)] = 0  # conv: residual blocks in each stage
    norm: Literal["none", "group", "layer"] = "none"  # conv: between a convolution and its activation
    dense: SizeOrNone = 0  # conv: width of a dense layer between the last grid and the code; 0 is none
    latent_grid: bool = False  # conv: a code of latent_dim channels at each place of the last grid


RECORD = Record(Conv, sizes=("channels", "dense"), tiny={"channels": (4,)})
