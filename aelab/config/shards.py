"""How many parts a batch is cut into where nothing is said: as many as a net trains fastest with on a CPU.

A CPU that is shown to JAX as several devices, each with its own parts of a batch, keeps the numbers of a part in its
caches and waits less. The parts are virtual shards, so how many devices there are changes no bit.
"""

from typing import Any

from aelab.config import automatic

PARTS = (8, 4, 2)  # that a batch may be cut into
MOST = PARTS[0]
ROWS = 16  # of a part, at least
NUMBERS = 1 << 21  # in a training set, at least: a smaller one has trained before the larger program has compiled.
# One epoch of 4,500 images of 28 × 28, from the command to the report, was shorter for all three nets, cold and warm.
DRAWS = 32  # of the code for each event, from which on a fully connected net gains too
# Speed on two cores at batch 128, as a multiple of that of one device and a whole batch, by
# `python -m experiments.bench.forms`. A fully connected net with one draw has 0.37: its parts are too little work.
GAINS = {"conv": 1.15, "lstm": 1.70, "transformer": 1.12}


def may_cut(config: Any) -> bool:
    """Whether a run may be cut into parts by itself: what can be said before its data and its devices are known."""
    if config.virtual_shards != automatic.AUTO or config.shard_parameters:
        return False
    return config.net in GAINS or getattr(config, "samples", 1) >= DRAWS


def virtual_shards(config: Any, examples: int, size: int, devices: int, *, platform: str, divisible: bool) -> int:
    """The parts of a batch of a training set of so many events of `size` numbers, 0 for none.

    What `--virtual-shards` says; for `auto` 2, 4 or 8 of at least 16 rows each on a CPU, where that is faster and the
    experiment is `divisible`. Nor is a batch cut where the parts would not fit the devices.
    """
    if config.virtual_shards != automatic.AUTO:
        return config.virtual_shards
    if platform != "cpu" or not divisible or examples * size < NUMBERS or not may_cut(config):
        return 0
    batch = automatic.batch_size(config, examples)
    parts = next((parts for parts in PARTS if batch >= parts * ROWS), 0)
    fits = parts and parts % devices == 0 and -(-batch // parts) % config.accumulate == 0
    return parts if fits else 0
