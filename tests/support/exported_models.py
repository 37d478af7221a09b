"""Models with random parameters, as they are exported: four nets, images and series of unequal length."""

import jax
import numpy as np
from gradient_recipes import NETS

from aelab.batch import Hyper
from aelab.data.source import Spec
from aelab.export.functions import Function, functions
from aelab.export.subject import side_of
from aelab.seeds import key_shape
from aelab.training.initial import fresh_params
from experiments import vae

SPECS = {
    "image": Spec((8, 8, 1), "float32", "unit"),
    "series": Spec((12, 2), "float32", "real", lengths=(0, 1, 2)),
}
EVERY = [(net, kind) for net in NETS for kind in SPECS]


def functions_of(net: str, kind: str, script=vae, **settings) -> dict[str, Function]:
    """What the model of a script does, by name; its parameters are random, and nothing is trained."""
    spec = settings.pop("spec", SPECS[kind])
    config = script.Config(net=net, latent_dim=4, **{**NETS[net], **settings})
    experiment, random = script.build(config, spec), np.random.default_rng(0)
    shapes = jax.eval_shape(lambda key: fresh_params(experiment, spec, key, Hyper()), key_shape())
    params = jax.tree.map(lambda leaf: (0.3 * random.normal(size=leaf.shape)).astype(leaf.dtype), shapes)
    made = functions(experiment.model, params, spec, side_of(experiment, spec, config))
    return {function.name: function for function in made}


def arguments(function: Function, rows: int) -> dict[str, np.ndarray]:
    """Random arrays for a batch; a mask leaves at least one step of each series, and all of the first."""
    random = np.random.default_rng(rows)
    made = {}
    for name, each in function.inputs.items():
        shape = (rows, *each.shape) if each.batched else each.shape
        made[name] = random.random(shape).astype(each.dtype)
        if name == "mask":
            made[name] = np.arange(shape[1]) < np.array([shape[1], *random.integers(1, shape[1], rows - 1)])[:, None]
        if name == "index":
            made[name] = np.arange(rows, dtype=each.dtype)
    return made


def expected(function: Function, given: dict[str, np.ndarray]) -> list[np.ndarray]:
    """What the model itself gives, compiled for this batch."""
    return [np.asarray(leaf) for leaf in jax.tree.leaves(jax.jit(function.call)(*given.values()))]
