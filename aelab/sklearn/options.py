"""The parameters of the estimator held against their bounds when it is fitted: `__init__` is to check none.

Raises `ConfigError`, which is a `ValueError`: one line that names the parameter and what it may be.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from aelab.errors import ConfigError
from aelab.nets import activations
from aelab.sklearn.recipe import LIKELIHOODS, OBJECTIVES, Recipe


class Bound(NamedTuple):
    """What a parameter may be, in words, and whether a value is that."""

    words: str
    holds: Callable[[Any], bool]


def whole(low: int) -> Bound:
    """A whole number from `low` on."""
    return Bound(f"a whole number from {low} on", lambda value: _is_whole(value) and value >= low)


def between(low: float, high: float, *, closed: bool = False) -> Bound:
    """A number above `low` and at most `high`; with `closed`, from `low` on."""
    words = f"a number {'from' if closed else 'above'} {low:g}" + (f", at most {high:g}" if high < math.inf else "")
    return Bound(words, lambda value: _is_number(value) and (low < value <= high or (closed and value == low)))


def one_of(names: Any) -> Bound:
    """One of these names."""
    return Bound(f"one of {', '.join(names)}", lambda value: isinstance(value, str) and value in names)


def _is_whole(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return (_is_whole(value) or hasattr(value, "__float__")) and not isinstance(value, (bool, str))


WIDTHS = Bound("a sequence of whole numbers from 1 on", lambda value: all(map(whole(1).holds, value)))
LEVEL = between(0, 0.5)
BOUNDS: dict[str, Bound] = {
    "latent_dim": whole(1),
    "widths": Bound(WIDTHS.words, lambda value: hasattr(value, "__iter__") and WIDTHS.holds(value)),
    "activation": one_of(activations),
    "likelihood": one_of(LIKELIHOODS),
    "objective": one_of(OBJECTIVES),
    "samples": whole(1),
    "beta": between(0, math.inf, closed=True),
    "epochs": whole(1),
    "batch_size": whole(1),
    "lr": between(0, math.inf),
    "weight_decay": between(0, math.inf, closed=True),
    "masking": between(0, 0.9, closed=True),
    "patience": whole(0),
    "validation": between(0, 0.9),
    "contamination": LEVEL,
    "alarms": Bound(f"None, or {LEVEL.words}", lambda value: value is None or LEVEL.holds(value)),
    "score_draws": whole(1),
}


def check(parameters: dict[str, Any]) -> None:
    """Hold every parameter against its bound.

    Raises:
        ConfigError: one is outside it.
    """
    for name, bound in BOUNDS.items():
        if not bound.holds(parameters[name]):
            raise ConfigError(f"{name}: got {parameters[name]!r}; give {bound.words}")


def recipe_of(parameters: dict[str, Any], features: int) -> Recipe:
    """What the programs of an estimator with these parameters depend on."""
    plain = {name: parameters[name] for name in ("latent_dim", "activation", "likelihood", "objective", "samples")}
    widths = tuple(map(int, parameters["widths"]))
    return Recipe(
        features=features,
        widths=widths,
        schedule="cosine",
        weight_decay=parameters["weight_decay"] > 0,
        masking=parameters["masking"] > 0,
        **plain,
    )
