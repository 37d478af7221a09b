"""Gradients of every net and every objective are equal however a step meets devices; `everywhere` says what is held."""

from dataclasses import replace
from typing import get_args, get_type_hints

import pytest
from everywhere import assert_same

from experiments import autoencoder, vae

NETS = {
    "mlp": {"widths": (16,)},
    "conv": {"channels": (4, 8)},
    "lstm": {"width": 8},
    "transformer": {"width": 8, "heads": 2, "patch": 4},
}
SETTINGS = {"data": "digits", "latent_dim": 3, "batch_size": 60, "optimizer": "sgd", "lr": 0.01}
WAYS = [f"{mode}-{devices}" for mode in ("jit", "pmap", "shard_map") for devices in (1, 2, 4, 8)]
OBJECTIVES = [
    (script, name) for script in (vae, autoencoder) for name in get_args(get_type_hints(script.Config)["objective"])
]

# A fresh critic's gradient is the difference of two nearly equal sums, and as exact as these are: 1.1e-6 was seen.
CLOSE = {"factor": 2e-6}


@pytest.mark.long
@pytest.mark.parametrize("way", [*WAYS, "shards"])
@pytest.mark.parametrize("net", NETS)
def test_of_every_net(net, way):
    config = vae.Config(**SETTINGS, net=net, **NETS[net], corruption="gaussian", noise=0.1)
    assert_same(config, vae.build, way)


@pytest.mark.long
@pytest.mark.parametrize("way", ["jit-2", "jit-8", "pmap-4", "shard_map-8", "shards"])
@pytest.mark.parametrize(("script", "objective"), OBJECTIVES, ids=[name for _, name in OBJECTIVES])
def test_of_every_objective(script, objective, way):
    """At a weight of the rate other than 1, where terms that look across a batch would cancel."""
    needs = {"code_activation": "sigmoid"} if objective == "kl_sparse" else {}
    config = script.Config(**SETTINGS, widths=(16,), objective=objective, **needs)
    config = replace(config, beta=2.0) if hasattr(config, "beta") else config
    assert_same(config, script.build, way, close=CLOSE.get(objective, 1e-6))
