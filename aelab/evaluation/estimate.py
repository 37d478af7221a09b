"""A number with its standard error and how many examples it comes from."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

DRAWS = 200  # resamplings of the bootstrap: its standard error is then known to about 5 %
PARTS = 10  # disjoint parts of the examples: the standard error is then known to about 24 %


class Estimate(NamedTuple):
    """An estimate; `error` is its standard error in the same unit, NaN where nothing is known about it."""

    value: float
    error: float
    n: int  # examples

    def interval(self, sides: float = 1.96) -> tuple[float, float]:
        """From `sides` standard errors below to as many above: 1.96 of them cover 95 % of a normal distribution."""
        return self.value - sides * self.error, self.value + sides * self.error


class Undefined(NamedTuple):
    """What stands in the place of an estimate that the data or the model cannot have, and why, in a line."""

    reason: str


def mean(values: Float[np.ndarray, "example"]) -> Estimate:
    """The mean of independent numbers, and s / √n with s their standard deviation; of one number no error is known."""
    values = np.asarray(values, np.float64)
    n = len(values)
    return Estimate(float(values.mean()), float(values.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan, n)


def ratio(over: Float[np.ndarray, "example"], under: Float[np.ndarray, "example"]) -> Estimate:
    """The mean of `over` divided by that of `under`, as an error per entry where examples differ in length.

    Its standard error is that of the mean of (over − ratio · under) / mean(under), the delta method
    (Cochran 1977, Sampling Techniques, eq. 6.13).
    """
    over, under = np.asarray(over, np.float64), np.asarray(under, np.float64)
    value = float(over.mean() / under.mean())
    return mean((over - value * under) / under.mean())._replace(value=value)


def bootstrap(
    statistic: Callable[..., float], columns: Sequence[np.ndarray], *, draws: int = DRAWS, seed: int = 0
) -> Estimate:
    """A statistic of arrays `[example, …]` whose rows belong together, with the standard deviation under resampling.

    Each draw takes as many examples, with repetition (Efron 1979, doi:10.1214/aos/1176344552).
    """
    n, rng = len(columns[0]), np.random.default_rng(seed)
    again = [statistic(*(column[rows] for column in columns)) for rows in rng.integers(n, size=(draws, n))]
    error = float(np.std(again, ddof=1)) if n > 1 and draws > 1 else math.nan
    return Estimate(float(statistic(*columns)), error, n)


Statistics = Callable[..., Mapping[str, float]]  # of arrays `[example, …]` whose rows belong together, by name


def by_parts(
    statistics: Statistics, columns: Sequence[np.ndarray], *, parts: int = PARTS, least: int = 1, seed: int = 0
) -> dict[str, Estimate]:
    """Statistics of all rows, with errors from disjoint parts of them.

    The error is s / √parts, with s the standard deviation of the statistic over parts of as many rows, drawn without
    repetition (sectioning: Asmussen and Glynn 2007, doi:10.1007/978-0-387-69033-9, section III.5). No row is twice in
    a part, so it is for what is learnt from some rows and tested on others. It is right where the variance falls as
    1 / rows. No error is known where a part would have fewer than `least` rows.
    """
    pieces = _pieces(len(columns[0]), parts, seed)
    found = [statistics(*(column[rows] for column in columns)) for rows in pieces] if len(pieces[-1]) >= least else []
    return _with_errors(statistics, columns, found, 1 / len(pieces))


def jackknife(
    statistics: Statistics, columns: Sequence[np.ndarray], *, parts: int = PARTS, least: int = 1, seed: int = 0
) -> dict[str, Estimate]:
    """Statistics of all rows, with errors from leaving out one of g disjoint parts of them at a time.

    The error is √((g − 1) / g Σ_i (t_i − mean of t)²), with t_i the statistic without part i (grouped jackknife: Shao
    and Tu 1995, doi:10.1007/978-1-4612-0795-5). No row is there twice, and almost all are there. So it is for what a
    double row or a small sample would mislead, as a mutual information. No error is known where a part would have
    fewer than `least` rows.
    """
    pieces = _pieces(len(columns[0]), parts, seed)
    rest = [np.delete(np.arange(len(columns[0])), rows) for rows in pieces] if len(pieces[-1]) >= least else []
    found = [statistics(*(column[rows] for column in columns)) for rows in rest]
    return _with_errors(statistics, columns, found, (parts - 1) ** 2 / parts)


def _pieces(rows: int, parts: int, seed: int) -> list[np.ndarray]:
    return np.array_split(np.random.default_rng(seed).permutation(rows), parts)


def _with_errors(
    statistics: Statistics, columns: Sequence[np.ndarray], found: Sequence[Mapping[str, float]], factor: float
) -> dict[str, Estimate]:
    """The values of all rows; the error is the root of `factor` times the variance over what was found."""
    whole = {name: float(value) for name, value in statistics(*columns).items()}
    spread = {name: np.std([each[name] for each in found], ddof=1) if found else math.nan for name in whole}
    return {
        name: Estimate(value, float(spread[name]) * math.sqrt(factor), len(columns[0])) for name, value in whole.items()
    }
