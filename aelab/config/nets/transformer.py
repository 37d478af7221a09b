"""The settings of the Transformer, `aelab.nets.transformer`."""

from dataclasses import dataclass
from typing import Literal

from aelab.config.bounds import Size, SizeOrNone
from aelab.config.nets.common import Record, Stacked


@dataclass(frozen=True)
class Transformer(Stacked):
    """Blocks of attention over patches."""

    heads: Size = 4  # transformer: of attention
    patch: SizeOrNone = 0  # transformer: entries along each axis of a token; 0: at most 64 of an image, 256 of a series
    positions: Literal["learned", "sinusoidal"] = "learned"  # transformer: how a token knows its place
    max_length: SizeOrNone = 0  # transformer: longest series it will ever read, in steps; 0 is the longest of the set


RECORD = Record(Transformer, sizes=("width",), tiny={"width": 8}, multiple="heads")
