"""Numbers as words: as many digits as their error allows."""

import math


def pm(value: float, error: float) -> str:
    """`value ± error`, the error to two digits; a value of which no error is known has four digits, a count all."""
    if not (math.isfinite(error) and error > 0):
        return plain(value)
    places = max(0, 1 - math.floor(math.log10(error)))
    return f"{value:,.{places}f} ± {error:,.{places}f}"


def plain(value: float) -> str:
    """A count with all its digits, any other number with four."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:#.4g}"
