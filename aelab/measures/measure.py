"""A number that was measured of a run, with all that is needed to judge it and to find it again."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple


class Measured(NamedTuple):
    """One number of a run; `error` is its standard error, NaN where nothing is known about it."""

    name: str  # as the registry of scores has it
    value: float
    error: float
    n: int  # examples it comes from
    split: str
    k: int | None  # draws of the code for each example, None where none are counted
    seed: int  # that every draw follows from
    checkpoint: str  # sha256 of the parameters
    unit: str
    direction: str  # which way is better: lower, higher or neither
    meaning: str


class Undefined(NamedTuple):
    """A number that this run does not have, and why."""

    name: str
    why: str


Found = list[Measured | Undefined]


def as_json(measured: Measured) -> dict[str, Any]:
    """With None for an error that is not known: JSON has no NaN."""
    known = math.isfinite(measured.error)
    return measured._asdict() | {"error": measured.error if known else None}


def from_json(stored: Mapping[str, Any]) -> Measured:
    """The inverse."""
    fields: dict[str, Any] = {name: stored[name] for name in Measured._fields}
    error = math.nan if fields.pop("error") is None else stored["error"]
    return Measured(**fields, error=error)
