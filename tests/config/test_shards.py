"""Where nothing is said, a batch is cut where that is faster, and nowhere else."""

import pytest

from aelab.config.shards import may_cut, virtual_shards
from experiments import vae

CONV = {"net": "conv"}
CASES = {  # settings, training events, devices: parts
    "a convolutional net": (CONV, 50_000, 1, 8),
    "as many on two devices": (CONV, 50_000, 2, 8),
    "parts have 16 rows": (CONV | {"batch_size": 64}, 50_000, 1, 4),
    "a power of two": (CONV | {"batch_size": 100}, 50_000, 1, 4),
    "a batch of one part": (CONV | {"batch_size": 31}, 50_000, 1, 0),
    "a tiny batch": (CONV | {"batch_size": 3}, 50_000, 1, 0),
    "a small set": (CONV, 2_500, 1, 0),
    "a set that is large enough": (CONV, 4_500, 1, 8),
    "three devices": (CONV, 50_000, 3, 0),
    "sixteen devices": (CONV, 50_000, 16, 0),
    "parts that the rows do not give": (CONV | {"accumulate": 32}, 50_000, 1, 0),
    "split parameters": (CONV | {"shard_parameters": True}, 50_000, 1, 0),
    "a fully connected net": ({"net": "mlp"}, 50_000, 1, 0),
    "one with many draws": ({"net": "mlp", "samples": 50}, 50_000, 1, 8),
    "it is said": (CONV | {"virtual_shards": 2}, 100, 1, 2),
    "none is said": (CONV | {"virtual_shards": 0}, 50_000, 1, 0),
}


@pytest.mark.parametrize("name", CASES)
def test_parts_of_a_batch(name):
    settings, examples, devices, parts = CASES[name]
    config = vae.Config(**settings)
    assert virtual_shards(config, examples, 784, devices, platform="cpu", divisible=True) == parts
    assert parts == 0 or config.virtual_shards != "auto" or may_cut(config)


def test_accelerators_and_losses_that_may_look_across_a_batch_take_it_whole():
    config = vae.Config(net="conv")
    assert virtual_shards(config, 50_000, 784, 1, platform="gpu", divisible=True) == 0
    assert virtual_shards(config, 50_000, 784, 1, platform="cpu", divisible=False) == 0
