"""How many numbers a decoder must give."""

from collections.abc import Sequence

import flax.linen as nn


def event_outputs(likelihood: nn.Module, event: Sequence[int]) -> tuple[int, ...]:
    """Shape of a decoder's outputs for one example: the event's, and the outputs of an entry behind if several."""
    return (*event,) if likelihood.outputs == 1 else (*event, likelihood.outputs)
