"""The menu of corruptions, and the one that a config asks for."""

from collections.abc import Callable
from typing import Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.corruptions.hiding import filled
from aelab.corruptions.holes import fixed_quadrants, halves, occlusion, quadrants, regions
from aelab.corruptions.noise import binarisation, gaussian, gaussian_real, masking, salt_and_pepper
from aelab.corruptions.warps import affine
from aelab.distributions import draw, existing
from aelab.errors import ConfigError

menu: dict[str, Callable[..., Batch]] = {
    "gaussian": gaussian,
    "salt_and_pepper": salt_and_pepper,
    "masking": masking,
    "occlusion": occlusion,
    "halves": halves,
    "quadrants": quadrants,
    "fixed_quadrants": fixed_quadrants,
    "regions": regions,
    "affine": affine,
}


def hides(name: str) -> bool:
    """Whether the corruption of that name takes entries away, and notes which."""
    return name not in ("none", "gaussian", "affine")


def named(name: str, values: Literal["unit", "real"], shape: tuple[int, ...]) -> Callable[..., Batch]:
    """The corruption of that name for events of that range and shape: `(key, batch, strength) -> batch`.

    Raises:
        ConfigError: it means nothing on such events.
    """
    if name == "salt_and_pepper" and values != "unit":
        raise ConfigError("--corruption: salt_and_pepper needs values in [0, 1], and these are not; use gaussian")
    needed = {"quadrants": 3, "fixed_quadrants": 3, "occlusion": 2, "halves": 2, "regions": 2, "affine": 2}.get(name, 1)
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
    if only_hidden and not hides(config.corruption):
        raise ConfigError(f"--rebuild: {config.corruption} hides nothing; use all, or another --corruption")

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
