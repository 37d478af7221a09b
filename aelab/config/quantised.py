"""The settings of quantised codes, `aelab.latents.Quantised`, and of what trains them.

Here no JAX is imported, so that `--help` answers at once.
"""

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from aelab.config.bounds import Bounds, NonNegative, Positive, Share, Size
from aelab.config.markers import Traced

Codes = Annotated[int, Bounds(low=2, high=2**20)]
Quantiser = Literal["vq", "cosine", "residual", "fsq", "lfq", "bsq", "gumbel"]


@dataclass(frozen=True)
class QuantisedOptions:
    """How vectors become codes of a book; `latent_dim` is how many numbers an entry of a learned book has."""

    quantiser: Quantiser = "vq"  # learned book, cosine form, several books; rounding; bits, on a sphere; draws
    codes: Codes = 512  # entries of a book; of each level
    tokens: Size = 8  # codes of an event; of --latent-grid, which has one at each place, not read
    residual_levels: Size = 4  # residual: books, each of which quantises what is left
    scalar_levels: tuple[Codes, ...] = (8, 8, 8)  # fsq: of each number; their product is how many codes there are
    codebook: Literal["ema", "gradient"] = "ema"  # learned: what moves entries, running means or a gradient
    codebook_scale: Positive = 1.0  # learned: standard deviation of fresh entries
    code_decay: Annotated[Share, Traced(switch=False)] = 0.99  # ema: share that a running mean keeps in a step
    restart_below: Annotated[NonNegative, Traced(switch=False)] = (
        0.1  # ema: of the mean use; entries in less start anew
    )
    commitment: Annotated[NonNegative, Traced(switch=False)] = (
        0.25  # all but fsq and gumbel: β, draws vectors to entries
    )
    entropy_weight: Annotated[NonNegative, Traced(switch=False)] = 0.1  # lfq, bsq: λ
    sharpness: Annotated[Positive, Traced()] = 10.0  # lfq, bsq: τ of the probabilities of codes

    temperature: Annotated[Positive, Traced()] = 1.0  # gumbel: τ of the relaxed draws, at the start
    last_temperature: Annotated[Positive, Traced()] = 0.3  # gumbel: at the end
    beta: Annotated[NonNegative, Traced()] = 1.0  # gumbel: weight of the rate
    beta_warmup: Annotated[NonNegative, Traced(epochs=True)] = 0.0  # gumbel: epochs over which beta rises from 0

    @property
    def book_size(self) -> int:
        """How many codes there are to choose from, at each place and level."""
        return math.prod(self.scalar_levels) if self.quantiser == "fsq" else self.codes

    @property
    def code_label(self) -> str:
        """What the name of a run says of its code: its kind, and how many entries its book has."""
        own: Any = self
        return f"{own.quantiser}{self.book_size}"
