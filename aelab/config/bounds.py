"""What a number in a config may be: bounds that stand in the type of its field, and the check that holds them."""

import math
from dataclasses import dataclass
from typing import Annotated, Any, get_args, get_type_hints

from aelab.config.spelling import flag
from aelab.errors import ConfigError


@dataclass(frozen=True)
class Bounds:
    """What a number may be; NaN never is. Stands in a field's type: `Annotated[float, Bounds(...)]`."""

    low: float = -math.inf
    high: float = math.inf
    above: bool = False  # `low` itself is excluded
    below: bool = False  # `high` itself is excluded

    def __contains__(self, x: float) -> bool:
        over = self.low < x if self.above else self.low <= x
        under = x < self.high if self.below else x <= self.high
        return over and under and math.isfinite(x)

    def __str__(self) -> str:
        if self.high < math.inf:
            return f"a number from {self.low:g} to {self.high}" + (" (exclusive)" if self.below else "")
        return f"a finite number {'above' if self.above else 'of at least'} {self.low:g}"


Count = Annotated[int, Bounds(low=1)]
Natural = Annotated[int, Bounds(low=0)]
Seed = Annotated[int, Bounds(low=0, high=2**63 - 1)]  # any two have draws of their own
Layers = Annotated[int, Bounds(low=1, high=1000)]
Size = Annotated[int, Bounds(low=1, high=65536)]  # a number, not an array: what is absurd must cost nothing to refuse
SizeOrNone = Annotated[int, Bounds(low=0, high=65536)]
Positive = Annotated[float, Bounds(low=0, above=True)]
NonNegative = Annotated[float, Bounds(low=0)]
Share = Annotated[float, Bounds(low=0, high=1, below=True)]

MOST = 1000  # values of a list


def check(config: Any) -> None:
    """Hold every number against its bounds.

    Raises:
        ConfigError: one line that names the flag.
    """
    for name, hint in get_type_hints(type(config), include_extras=True).items():
        value = getattr(config, name)
        bounds = _bounds(hint)
        if isinstance(value, tuple) and len(value) > MOST:
            raise ConfigError(f"{flag(name)}: at most {MOST} values, got {len(value)}")
        for x in value if isinstance(value, tuple) else (value,):
            if bounds and isinstance(x, (int, float)) and x not in bounds:
                raise ConfigError(f"{flag(name)}: must be {bounds}, got {x}")


def _bounds(hint: Any) -> Bounds | None:
    for extra in getattr(hint, "__metadata__", ()):
        if isinstance(extra, Bounds):
            return extra
    return next((found for arg in get_args(hint) if (found := _bounds(arg))), None)
