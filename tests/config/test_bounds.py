"""What a number may be: each end of an interval as it says, and NaN never."""

import math
from dataclasses import dataclass

import pytest

from aelab.config import Bounds, Count, NonNegative, Positive, Seed, Share, check
from aelab.errors import ConfigError


@pytest.mark.parametrize(
    ("bounds", "inside", "outside"),
    [
        (Bounds(low=1), (1, 10**9), (0, math.inf)),
        (Bounds(low=0, above=True), (1e-30,), (0.0, -1.0, math.inf)),
        (Bounds(low=0, high=1), (0, 0.5, 1), (-0.1, 1.1)),
        (Bounds(low=0, high=1, below=True), (0, 1 - 1e-12), (1.0, -1e-30)),
        (Bounds(), (-1e300, 1e300), (-math.inf, math.inf)),
    ],
)
def test_the_ends_of_an_interval(bounds, inside, outside):
    assert all(x in bounds for x in inside)
    assert not any(x in bounds for x in (*outside, math.nan))


@dataclass(frozen=True)
class Settings:
    count: Count = 1
    lr: Positive = 1e-3
    beta: NonNegative = 0.0
    share: Share = 0.0
    widths: tuple[Count, ...] = ()
    seed: Seed = 0


def test_what_is_at_an_end_that_is_allowed_passes():
    check(Settings(widths=(1, 1000), seed=2**63 - 1))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("count", 0),
        ("lr", 0.0),
        ("lr", math.inf),
        ("beta", -1e-9),
        ("share", 1.0),
        ("widths", (3, 0)),
        ("seed", -1),
        ("seed", 2**63),
    ],
)
def test_what_is_just_outside_is_refused_with_its_flag(field, value):
    with pytest.raises(ConfigError, match=f"--{field}: must be"):
        check(Settings(**{field: value}))


def test_the_largest_seed_is_said_in_full():
    with pytest.raises(ConfigError, match="--seed: must be a number from 0 to 9223372036854775807, got 92233"):
        check(Settings(seed=2**63))
