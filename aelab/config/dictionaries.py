"""The settings of sparse dictionaries, `aelab.latents.dictionaries` and `aelab.objectives.dictionaries`.

Here no JAX is imported, so that `--help` answers at once.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from aelab.config.bounds import NonNegative, Positive, Size
from aelab.config.markers import Traced

DictionaryKind = Literal["l1", "topk", "batch_topk", "jump_relu", "gated", "matryoshka"]
CHOOSING = ("topk", "batch_topk", "matryoshka")  # kinds that are told how many units are on


@dataclass(frozen=True)
class DictionaryOptions:
    """Which units of a wide code are on, and what that costs."""

    dictionary: DictionaryKind = "topk"  # kind of dictionary: what keeps its code sparse
    k: Size = 32  # topk: units that are on for an event; batch_topk, matryoshka: in the mean over a batch
    levels: tuple[Size, ...] = (256, 1024)  # matryoshka: sizes of the dictionaries inside the whole one
    sparsity_weight: Annotated[NonNegative, Traced(switch=False)] = 0.5  # l1, jump_relu, gated: λ, nats for a unit
    sparsity_warmup: Annotated[NonNegative, Traced(epochs=True, rise=True)] = 0.0  # epochs over which λ rises from 0
    bandwidth: Positive = 0.1  # jump_relu: ε, of the answers from which the slope of a threshold is estimated
    first_threshold: Positive = 0.1  # jump_relu: of all units at first
    revived: Size = 128  # topk, batch_topk, matryoshka: dead units that an event may bring back at once, at most
    revival_weight: Annotated[NonNegative, Traced(switch=False)] = 1 / 32  # of the same: α, of the error of dead units
    dead_after: Annotated[Positive, Traced()] = 10_000.0  # training examples without being on that make a unit dead

    @property
    def code_label(self) -> str:
        """What the name of a run says of its code: its kind, and how many units it has."""
        own: Any = self
        return f"{self.dictionary}-{own.latent_dim}"
