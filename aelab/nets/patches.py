"""Events cut into patches, the tokens of a Transformer: steps of a series, tiles of an image."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Shaped

from aelab.errors import ConfigError
from aelab.nets.padding import resized

STEPS = 256  # tokens that a derived patch leaves of a series
TILES = 64  # and of an image: 49 of 28 × 28, which came to a better bound than 196 in a third of the time


class Patches(NamedTuple):
    """How events of up to `space` entries an axis, channels aside, are cut. A series is padded to whole patches."""

    space: tuple[int, ...]  # (time,) or (height, width)
    patch: tuple[int, ...]

    @property
    def grid(self) -> tuple[int, ...]:
        """Patches along each axis, at most."""
        return tuple(-(-size // patch) for size, patch in zip(self.space, self.patch, strict=True))

    def split(self, x: Shaped[Array, "batch *space channel"]) -> Shaped[Array, "batch token entry"]:
        """Patches row by row, each flattened; zeros fill the last patch of a series."""
        axes = len(self.patch)
        x = jnp.pad(x, [(0, 0), (0, -x.shape[1] % self.patch[0]), *[(0, 0)] * axes])
        cut = [n for size, patch in zip(x.shape[1:-1], self.patch, strict=True) for n in (size // patch, patch)]
        x = x.reshape(x.shape[0], *cut, x.shape[-1])
        x = x.transpose(0, *range(1, 2 * axes, 2), *range(2, 2 * axes + 1, 2), 2 * axes + 1)
        return x.reshape(x.shape[0], math.prod(cut[::2]), -1)

    def fill(self, x: Shaped[Array, "batch time *rest"]) -> Shaped[Array, "batch longest *rest"]:
        """Zeros up to the longest series: sums have the same terms in the same order however far a batch is padded."""
        return resized(x, self.space[0])

    def join(self, x: Float[Array, "batch token entry"], steps: int) -> Float[Array, "batch *space channel"]:
        """What `split` cut, put together again, up to `steps` along the first axis."""
        axes = len(self.patch)
        x = x.reshape(x.shape[0], -1, *self.grid[1:], *self.patch, x.shape[-1] // math.prod(self.patch))
        x = x.transpose(0, *(axis for i in range(1, axes + 1) for axis in (i, i + axes)), 2 * axes + 1)
        whole = [x.shape[i] * x.shape[i + 1] for i in range(1, 2 * axes + 1, 2)]
        return x.reshape(x.shape[0], *whole, x.shape[-1])[:, :steps]

    def tokens(self, steps: int) -> int:
        """How many, of an event with `steps` along its first axis."""
        return -(-steps // self.patch[0]) * math.prod(self.grid[1:])

    def exist(self, mask: Bool[Array, "batch time"] | None) -> Bool[Array, "batch token"] | None:
        """Which patches hold a step that exists."""
        if mask is None:
            return None
        steps = jnp.pad(mask, [(0, 0), (0, -mask.shape[1] % self.patch[0])])
        rows = steps.reshape(mask.shape[0], -1, self.patch[0]).any(-1)
        return jnp.repeat(rows, math.prod(self.grid[1:]), axis=1)

    def check(self, space: Sequence[int]) -> None:
        """Whether an event of this size can be cut.

        Raises:
            ConfigError: a series that is too long, or an event of another size.
        """
        if len(space) == len(self.space) == 1:
            if space[0] > self.space[0]:
                raise ConfigError(f"--max-length: {self.space[0]} is too short for {space[0]} steps; {space[0]} fits")
        elif (*space,) != self.space:
            raise ConfigError(f"--net: this transformer reads {self.space}, channels aside, not {(*space,)}")


def choose(event: Sequence[int], patch: int = 0, max_length: int = 0) -> Patches:
    """How to cut events of this shape: into patches of `patch` entries an axis.

    With 0 a series has at most 256 tokens and an image at most 64. The derived patch of an image has the smallest
    longer side, then the smallest area, whose sides divide the image's.

    Raises:
        ConfigError: a patch that does not divide an image, or a longest series shorter than these.
    """
    if len(event) == 2:
        length = max_length or event[0]
        if length < event[0]:
            raise ConfigError(f"--max-length: {max_length} is too short for series of {event[0]} steps; 0 fits them")
        return Patches((length,), (patch or -(-length // STEPS),))
    height, width, _ = event
    if patch and (height % patch or width % patch):
        fits = " ".join(map(str, _divisors(math.gcd(height, width))))
        raise ConfigError(f"--patch: {patch} does not divide images of {height} × {width}; these do: {fits}")
    return Patches((height, width), (patch, patch) if patch else _smallest(height, width))


def _smallest(height: int, width: int) -> tuple[int, int]:
    sides = [(h, w) for h in _divisors(height) for w in _divisors(width)]
    few = [(h, w) for h, w in sides if (height // h) * (width // w) <= TILES]
    return min(few, key=lambda side: (max(side), math.prod(side), side))


def _divisors(n: int) -> list[int]:
    return [d for d in range(1, n + 1) if n % d == 0]
