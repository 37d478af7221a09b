"""The settings of each net: a record a file, all of them flat on the command line.

The nets themselves are in `aelab.nets`. Here no JAX is imported, so that `--help` answers at once.
"""

import dataclasses
import functools
from typing import TYPE_CHECKING, Literal

from aelab.config.nets import conv, lstm, mlp, transformer
from aelab.config.nets.common import Activation

RECORDS = {"mlp": mlp.RECORD, "conv": conv.RECORD, "lstm": lstm.RECORD, "transformer": transformer.RECORD}

PLAIN = ("dictionary",)  # nets of some scripts alone, which read no settings

if TYPE_CHECKING:  # a checker of types cannot follow the list
    NetName = str
else:
    NetName = Literal[tuple(RECORDS)]


@dataclasses.dataclass(frozen=True)
class Choice:
    """Which net, and what all of them read."""

    net: NetName = "mlp"  # architecture of the encoder and the decoder
    activation: Activation = "gelu"  # of hidden layers


@dataclasses.dataclass(frozen=True)
class NetOptions(
    transformer.Transformer, lstm.Lstm, conv.Conv, mlp.Mlp, Choice
):  # a dataclass has the fields of its last base first
    """Every setting of every net."""


@functools.cache
def unread(net: str | None) -> frozenset[str]:
    """The settings of other nets, which this one does not read; none of a net that is not known here."""
    if net not in (*RECORDS, *PLAIN):
        return frozenset()
    names = {name: {field.name for field in dataclasses.fields(record.options)} for name, record in RECORDS.items()}
    return frozenset().union(*names.values()) - names.get(net, set())


__all__ = ["RECORDS", "Activation", "Choice", "NetName", "NetOptions", "unread"]
