"""Small grey events, and what corruptions make of them."""

import jax
import numpy as np

from aelab import corruptions
from aelab.batch import Batch, Hyper
from experiments import autoencoder

BY_ENTRY = ["gaussian", "salt_and_pepper", "masking", "binarisation"]
HOLES = ["occlusion", "halves", "quadrants", "fixed_quadrants", "regions"]
PROGRAMS = {name: jax.jit(getattr(corruptions, name)) for name in (*BY_ENTRY, *HOLES, "affine")}


def grey(n=64, shape=(12, 10, 1)):
    """Events of 0.5 everywhere."""
    x = np.full((n, *shape), 0.5, np.float32)
    return Batch(x, x, index=np.arange(n))


def varied(n=64, shape=(12, 10, 1)):
    """Events of unlike pixels, so that moving one is seen."""
    x = np.random.default_rng(0).uniform(0.1, 0.9, (n, *shape)).astype(np.float32)
    return Batch(x, x, index=np.arange(n))


def spoil(name, batch, strength=0.25, seed=0):
    """What a corruption makes of a batch, as numpy's arrays; batches of one shape share a program."""
    return jax.tree.map(np.asarray, PROGRAMS[name](jax.random.key(seed), batch, strength))


def chosen(batch, **fields):
    """What a config makes of a batch."""
    config = autoencoder.Config(**fields)
    corrupt = corruptions.choose(config, "unit", batch.inputs.shape[1:])
    return jax.tree.map(np.asarray, jax.jit(corrupt)(jax.random.key(0), batch, Hyper(noise=config.noise)))
