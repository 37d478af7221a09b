"""Dynamic binarisation on the side of the scores: bits for validation and test that stay the same.

Training draws its bits anew at every step, which is a corruption. Scores need one draw that every run shares.
"""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from aelab.data.normalise import normalise
from aelab.data.printed import Printed
from aelab.data.source import Source, Splits
from aelab.errors import ConfigError

SEED = 2  # of the bits; never the run's, so that all runs are judged on the same ones


@dataclass(eq=False, repr=False)
class Bits(Printed):
    """Every entry of `source`, values in [0, 1], is 1 with its value as probability, the same each time it is asked."""

    source: Source

    def __post_init__(self):
        self.spec = self.source.spec._replace(scale=1.0, shift=0.0, levels=2, dtype="uint8")

    def __len__(self) -> int:
        return len(self.source)

    def get_batch(self, indices: np.ndarray) -> dict[str, np.ndarray]:
        """What `source` gives for them, `x` as bits."""
        batch = self.source.get_batch(indices)
        share = normalise(batch["x"].astype(np.float64), self.source.spec)
        words = [np.random.Philox(key=SEED, counter=[0, i, 0, 0]).random_raw(share[0].size) for i in map(int, indices)]
        return {**batch, "x": (np.reshape(words, share.shape) / 2.0**64 < share).astype(np.uint8)}

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over that of the grey events and the seed of the bits."""
        return hashlib.sha256(f"bits {SEED} {self.source.fingerprint}".encode()).hexdigest()


def binarised(splits: Splits) -> Splits:
    """Validation and test as bits; the training events stay as they are, for a corruption to draw from.

    Raises:
        ConfigError: values that are no probabilities.
    """
    if splits.spec.values != "unit":
        raise ConfigError(f"--binarize: the values of {splits.name} are not in [0, 1]; leave it out")
    validation = None if splits.validation is None else Bits(splits.validation)
    return splits._replace(validation=validation, test=Bits(splits.test))
