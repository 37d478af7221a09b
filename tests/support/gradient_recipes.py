"""The recipes whose gradients are compared: four nets, and every objective of the two scripts that offer several."""

from dataclasses import replace
from typing import get_args, get_type_hints

from experiments import autoencoder, vae

NETS = {
    "mlp": {"widths": (16,)},
    "conv": {"channels": (4, 8)},
    "lstm": {"width": 8},
    "transformer": {"width": 8, "heads": 2, "patch": 4},
}
SETTINGS = {"data": "digits", "latent_dim": 3, "batch_size": 60, "optimizer": "sgd", "lr": 0.01}
OBJECTIVES = {
    name: script for script in (vae, autoencoder) for name in get_args(get_type_hints(script.Config)["objective"])
}


def of_net(net: str):
    """A VAE of a net, with noise."""
    return vae.Config(**SETTINGS, net=net, **NETS[net], corruption="gaussian", noise=0.1), vae.build


def of_objective(name: str):
    """At a weight of the rate other than 1, where terms that look across a batch would cancel."""
    script = OBJECTIVES[name]
    needs = {"code_activation": "sigmoid"} if name == "kl_sparse" else {}
    config = script.Config(**SETTINGS, widths=(16,), objective=name, **needs)
    return replace(config, beta=2.0) if hasattr(config, "beta") else config, script.build


def every() -> dict:
    """All of them by name."""
    return {net: of_net(net) for net in NETS} | {name: of_objective(name) for name in OBJECTIVES}
