"""The settings of the recurrent net, `aelab.nets.lstm`."""

from dataclasses import dataclass

from aelab.config.nets.common import Record, Stacked


@dataclass(frozen=True)
class Lstm(Stacked):
    """Layers of long short-term memory."""

    bidirectional: bool = False  # lstm: the encoder reads both ways
    feedback: bool = False  # lstm: the decoder is fed its own last output


RECORD = Record(Lstm, sizes=("width",), tiny={"width": 8})
