"""Each entry by itself: normal noise, salt and pepper, masking, and bits drawn from grey levels."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from aelab.batch import Batch
from aelab.corruptions.hiding import Strength, aligned, hide
from aelab.distributions import draw


def gaussian(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """Normal noise of standard deviation `strength`, clipped to [0, 1] (Vincent et al. 2010, JMLR 11, section 3.3)."""
    noise = draw(jax.random.normal, key, batch.inputs.shape, batch.index)
    return batch._replace(inputs=jnp.clip(batch.inputs + aligned(strength, batch) * noise, 0, 1))


def gaussian_real(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """The same on values that may be any real number: not clipped."""
    noise = draw(jax.random.normal, key, batch.inputs.shape, batch.index)
    return batch._replace(inputs=batch.inputs + aligned(strength, batch) * noise)


def salt_and_pepper(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """A share `strength` of the entries becomes 0 or 1, each with the same chance; they count as hidden."""
    uniform = draw(jax.random.uniform, key, batch.inputs.shape, batch.index)
    share = aligned(strength, batch)
    hidden = uniform < share
    return hide(batch, hidden, (uniform < share / 2).astype(batch.inputs.dtype))


def masking(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """A share `strength` of the entries becomes 0 (Vincent et al. 2008, doi:10.1145/1390156.1390294, section 2.3)."""
    uniform = draw(jax.random.uniform, key, batch.inputs.shape, batch.index)
    hidden = uniform < aligned(strength, batch)
    return hide(batch, hidden, 0)


def binarisation(key: Key[Array, ""], batch: Batch, strength: Strength = 1.0) -> Batch:
    """Every entry becomes 1 with its value as probability, in inputs and targets alike, anew at every step.

    Dynamic binarisation (Burda et al. 2016, arXiv:1509.00519, section 5); `strength` is not used.
    """
    bits = draw(jax.random.uniform, key, batch.targets.shape, batch.index) < batch.targets
    bits = bits.astype(batch.targets.dtype)
    return batch._replace(inputs=bits, targets=bits)
