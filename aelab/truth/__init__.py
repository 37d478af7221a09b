"""The truth from both sides: log p(x) of a model that has one, and how much of it the encoder leaves.

- `annealed` bounds log p(x) from below for any event, and `reverse_annealed` from above for events that the model made.
  `FROM_PRIOR` and `FROM_POSTERIOR` say how, and `Annealing` is what may be set.
- `sandwich` holds both against each other over many events, and `lower_bounds` goes through a split. Both work batch by
  batch.
- `elbos` are those of q(z|x) and of the best q* for each event, and `gaps` makes the parts of the inference gap of
  them.
- `hamiltonian` has the transitions, `joint` says for which models log p(x) is defined here.
"""

from aelab.truth.annealing import FROM_POSTERIOR, FROM_PRIOR, Annealed, Annealing, annealed, reverse_annealed
from aelab.truth.inference_gap import Elbos, Gaps, elbos, gaps, tighter
from aelab.truth.joint import require_continuous, simulated
from aelab.truth.sandwich import Sandwich, lower_bounds, sandwich, sandwiched

__all__ = [
    "FROM_POSTERIOR",
    "FROM_PRIOR",
    "Annealed",
    "Annealing",
    "Elbos",
    "Gaps",
    "Sandwich",
    "annealed",
    "elbos",
    "gaps",
    "lower_bounds",
    "require_continuous",
    "reverse_annealed",
    "sandwich",
    "sandwiched",
    "simulated",
    "tighter",
]
