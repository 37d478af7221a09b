"""The settings of sparse dictionaries, `aelab.latents.dictionaries` and `aelab.objectives.dictionaries`.

Here no JAX is imported, so that `--help` answers at once.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from aelab.config.bounds import NonNegative, Positive, Size
from aelab.config.markers import Traced

DictionaryKind = Literal["l1", "topk"]


@dataclass(frozen=True)
class DictionaryOptions:
    """Which units of a wide code are on, and what that costs."""

    dictionary: DictionaryKind = "topk"  # kind of dictionary: what keeps its code sparse
    k: Size = 32  # topk: units that are on for an event
    sparsity_weight: Annotated[NonNegative, Traced(switch=False)] = 0.5  # l1: λ, nats for a code of length 1
    sparsity_warmup: Annotated[NonNegative, Traced(epochs=True, rise=True)] = 0.0  # epochs over which λ rises from 0
    revived: Size = 128  # topk: dead units that an event may bring back at once
    revival_weight: Annotated[NonNegative, Traced(switch=False)] = 1 / 32  # topk: α, of the error of dead units
    dead_after: Annotated[Positive, Traced()] = 10_000.0  # training examples without being on that make a unit dead

    @property
    def code_label(self) -> str:
        """What the name of a run says of its code: its kind, and how many units it has."""
        own: Any = self
        return f"{self.dictionary}{own.latent_dim}"
