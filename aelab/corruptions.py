"""Corruptions of a batch's inputs: noise, masks and holes for the model to undo; the targets stay as they are.

Each is `(key, batch, strength) -> batch`, and the draws of a row depend on (key, batch.index) alone. `strength` may be
traced, one for all rows or one a row. Values are taken to be in [0, 1] unless said otherwise.
"""

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch, Hyper
from aelab.distributions import draw, existing
from aelab.errors import ConfigError

Strength = Float[Array, ""] | Float[Array, "batch"] | float


def gaussian(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """Normal noise of standard deviation `strength`, clipped to [0, 1] (Vincent et al. 2010, JMLR 11, section 3.3)."""
    noise = draw(jax.random.normal, key, batch.inputs.shape, batch.index)
    return batch._replace(inputs=jnp.clip(batch.inputs + _aligned(strength, batch) * noise, 0, 1))


def gaussian_real(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """The same on values that may be any real number: not clipped."""
    noise = draw(jax.random.normal, key, batch.inputs.shape, batch.index)
    return batch._replace(inputs=batch.inputs + _aligned(strength, batch) * noise)


def salt_and_pepper(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """A share `strength` of the entries becomes 0 or 1, each with the same chance; they count as hidden."""
    uniform = draw(jax.random.uniform, key, batch.inputs.shape, batch.index)
    share = _aligned(strength, batch)
    hidden = uniform < share
    return _hide(batch, hidden, (uniform < share / 2).astype(batch.inputs.dtype))


def masking(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """A share `strength` of the entries becomes 0 (Vincent et al. 2008, doi:10.1145/1390156.1390294, section 2.3)."""
    uniform = draw(jax.random.uniform, key, batch.inputs.shape, batch.index)
    hidden = uniform < _aligned(strength, batch)
    return _hide(batch, hidden, 0)


def occlusion(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """A box at a random place, `strength` of the height by `strength` of the width, becomes 0.

    On a series `(time, channel)` it is a stretch of time. The box lies inside the event; at least one pixel is hidden.
    """
    axes = batch.inputs.shape[1:-1]
    corner = draw(jax.random.uniform, key, (len(batch.inputs), len(axes)), batch.index)
    hidden = jnp.ones((), bool)
    for axis, size in enumerate(axes):
        length = jnp.clip(jnp.round(jnp.asarray(strength) * size), 1, size)
        first = jnp.floor(corner[:, axis] * (size - length + 1))[:, None]
        inside = (jnp.arange(size) >= first) & (jnp.arange(size) < first + length.reshape(-1, 1))
        shape = [1] * batch.inputs.ndim
        shape[0], shape[axis + 1] = inside.shape
        hidden = hidden & inside.reshape(shape)
    return _hide(batch, jnp.broadcast_to(hidden, batch.inputs.shape), 0)


def binarisation(key: Key[Array, ""], batch: Batch, strength: Strength = 1.0) -> Batch:
    """Every entry becomes 1 with its value as probability, in inputs and targets alike, anew at every step.

    Dynamic binarisation (Burda et al. 2016, arXiv:1509.00519, section 5); `strength` is not used.
    """
    bits = draw(jax.random.uniform, key, batch.targets.shape, batch.index) < batch.targets
    bits = bits.astype(batch.targets.dtype)
    return batch._replace(inputs=bits, targets=bits)


def halves(key: Key[Array, ""], batch: Batch, strength: Strength = 1.0) -> Batch:
    """One half of every event becomes 0: left, right, upper or lower of an image, the first or last of a series.

    `strength` is not used.
    """
    axes = batch.inputs.shape[1:-1]
    side = draw(partial(jax.random.randint, minval=0, maxval=2 * len(axes)), key, (len(batch.inputs),), batch.index)
    hidden = jnp.zeros(batch.inputs.shape, bool)
    for axis, size in enumerate(axes):
        place = jax.lax.broadcasted_iota(jnp.int32, batch.inputs.shape, axis + 1)
        first, last = (_aligned(side == 2 * axis + end, batch) for end in (0, 1))
        hidden |= (first & (place < size // 2)) | (last & (place >= size // 2))
    return _hide(batch, hidden, 0)


def quadrants(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """So many quadrants of every image, drawn at random, become 0; `strength` is their share of the four."""
    order = draw(jax.random.uniform, key, (len(batch.inputs), 4), batch.index)
    return _hide_quadrants(batch, order.argsort(1).argsort(1), strength)


def fixed_quadrants(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """The same in a fixed order: the lower right, the upper right, the upper left one; nothing is drawn.

    What is seen of an image in Pyro's tutorial on Sohn et al. 2015: all but the lower right, the left half, or the
    lower left.
    """
    order = jnp.broadcast_to(jnp.array([2, 1, 3, 0]), (len(batch.inputs), 4))  # of upper left, right, lower left, right
    return _hide_quadrants(batch, order, strength)


def visible(share: float, patches: int) -> int:
    """How many of so many patches stay where a share of them is hidden: the same in every event, and at least one."""
    return max(min(patches, 1), int(patches * (1 - share) + 1e-9))


def patches(key: Key[Array, ""], batch: Batch, share: float, cut: Any) -> Batch:
    """An exact number of the patches of every event becomes 0, all but `visible` of those that exist.

    `cut` is an `aelab.nets.patches.Patches`. He et al. 2021, arXiv:2111.06377, section 3.
    """
    exist, tokens = cut.exist(None if batch.mask is None else cut.fill(batch.mask)), math.prod(cut.grid)
    order = draw(jax.random.uniform, key, (len(batch.inputs), tokens), batch.index)
    exist = jnp.ones(order.shape, bool) if exist is None else exist
    stay = jnp.array([visible(share, count) for count in range(tokens + 1)])[exist.sum(1)]
    taken = exist & (jnp.where(exist, order, 2.0).argsort(1).argsort(1) >= stay[:, None])
    entries = math.prod(cut.patch) * batch.inputs.shape[-1]
    taken = jnp.broadcast_to(taken[..., None], (*taken.shape, entries))
    return _hide(batch, cut.join(taken, batch.inputs.shape[1]), 0)


def regions(key: Key[Array, ""], batch: Batch, strength: Strength) -> Batch:
    """A box, a half, or some quadrants of an image become 0, as `occlusion`, `halves` and `quadrants` do it.

    The kind is drawn for each row; of a series it is a stretch or a half.
    """
    kinds = (occlusion, halves, quadrants)[: batch.inputs.ndim - 1]
    first, *keys = jax.random.split(key, 1 + len(kinds))
    chosen = draw(partial(jax.random.randint, minval=0, maxval=len(kinds)), first, (len(batch.inputs),), batch.index)
    hidden = jnp.zeros(batch.inputs.shape, bool)
    for number, (kind, own) in enumerate(zip(kinds, keys, strict=True)):
        hidden |= _aligned(chosen == number, batch) & jnp.asarray(kind(own, batch, strength).hidden)
    return _hide(batch, hidden, 0)


menu: dict[str, Callable[..., Batch]] = {
    "gaussian": gaussian,
    "salt_and_pepper": salt_and_pepper,
    "masking": masking,
    "occlusion": occlusion,
    "halves": halves,
    "quadrants": quadrants,
    "fixed_quadrants": fixed_quadrants,
    "regions": regions,
}


def named(name: str, values: Literal["unit", "real"], shape: tuple[int, ...]) -> Callable[..., Batch]:
    """The corruption of that name for events of that range and shape: `(key, batch, strength) -> batch`.

    Raises:
        ConfigError: it means nothing on such events.
    """
    if name == "salt_and_pepper" and values != "unit":
        raise ConfigError("--corruption: salt_and_pepper needs values in [0, 1], and these are not; use gaussian")
    needed = {"quadrants": 3, "fixed_quadrants": 3, "occlusion": 2, "halves": 2, "regions": 2}.get(name, 1)
    if len(shape) < needed:
        wanted = "images" if needed == 3 else "images or series"
        raise ConfigError(f"--corruption: {name} needs {wanted}; use masking or gaussian on others")
    return gaussian_real if name == "gaussian" and values == "real" else menu[name]


def choose(config, values: Literal["unit", "real"], shape: tuple[int, ...]) -> Callable | None:
    """`(key, batch, hyper) -> batch` from the config's `binarize, corruption, noise_range, fill, rebuild`, or None.

    Its strength is `hyper.noise`. Bits are drawn first and spoilt then. None: nothing is spoilt.

    Raises:
        ConfigError: a corruption that means nothing on such events, or one without a strength.
    """
    if config.corruption == "none":
        if config.noise or config.noise_range:
            raise ConfigError(
                "--noise: it is the strength of a --corruption, and there is none; add one, or leave it out"
            )
        return binarisation if config.binarize else None
    if not config.noise and config.corruption != "halves":
        raise ConfigError(f"--noise: {config.corruption} needs a strength above 0; give one, such as 0.1")
    spoil, only_hidden = named(config.corruption, values, shape), config.rebuild == "hidden"
    if only_hidden and config.corruption == "gaussian":
        raise ConfigError("--rebuild: gaussian noise hides nothing; use all, or another --corruption")

    def corrupt(key: Key[Array, ""], batch: Batch, hyper: Hyper) -> Batch:
        bits, level, main = jax.random.split(key, 3)
        batch = binarisation(bits, batch) if config.binarize else batch
        strength = jnp.asarray(hyper.noise)
        if config.noise_range:
            strength = strength * (1 - draw(jax.random.uniform, level, (len(batch.inputs),), batch.index))
        spoilt = spoil(main, batch, strength)
        spoilt = filled(spoilt, config.fill) if config.fill else spoilt
        if only_hidden and spoilt.hidden is not None:
            spoilt = spoilt._replace(counted=existing(spoilt.hidden, batch.entries))
        return spoilt if batch.counted is None else _unobserved(spoilt, batch.counted)

    return corrupt


def _unobserved(batch: Batch, observed: Array) -> Batch:
    """The same with 0 in what was never observed, which no corruption can hide or change."""
    taken = None if batch.hidden is None else batch.hidden & observed
    return batch._replace(inputs=existing(batch.inputs, observed), hidden=taken)


def filled(batch: Batch, fill: float) -> Batch:
    """The same with `fill` in the hidden entries."""
    return batch if batch.hidden is None else batch._replace(inputs=jnp.where(batch.hidden, fill, batch.inputs))


def _aligned(strength: Strength, batch: Batch) -> Array:
    """A strength a row with the axes of an event behind it; one for all as it is."""
    strength = jnp.asarray(strength)
    return strength.reshape(strength.shape + (1,) * (batch.inputs.ndim - 1)) if strength.ndim else strength


def _hide_quadrants(batch: Batch, order: Array, strength: Strength) -> Batch:
    """Those of the four quadrants whose place in `order` [batch, quadrant] is below 4 · `strength`."""
    taken = order < jnp.round(4 * jnp.asarray(strength).reshape(-1, 1))
    height, width = (jax.lax.broadcasted_iota(jnp.int32, batch.inputs.shape, axis) for axis in (1, 2))
    quadrant = 2 * (height >= batch.inputs.shape[1] // 2) + (width >= batch.inputs.shape[2] // 2)
    hidden = jnp.zeros(batch.inputs.shape, bool)
    for number in range(4):
        hidden |= (quadrant == number) & _aligned(taken[:, number], batch)
    return _hide(batch, hidden, 0)


def _hide(batch: Batch, hidden: Array, value: Array | float) -> Batch:
    return batch._replace(inputs=jnp.where(hidden, value, batch.inputs), hidden=hidden)
