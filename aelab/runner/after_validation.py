"""The user's own look at a run after each validation: `Experiment.after_validation`."""

import math
import traceback
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp

from aelab.errors import AelabError, ConfigError
from aelab.experiment import Validated
from aelab.training.state import State, evaluated
from aelab.training.trainer import Trainer


def validation(trainer: Trainer, say: Callable[[str], object]) -> Callable[[State], dict[str, float]] | None:
    """`trainer.validate`, with the numbers that the experiment's `after_validation` adds to the row.

    It is shown copies of the parameters, of what objectives keep and of the row, and keyed draws are its own business.
    So it cannot change what is trained. Where parameters are split over devices, so are the copies. A number that is
    not finite is left out, with a word from `say`.

    Raises, when called:
        ConfigError: the function failed, or gave something else than numbers with names of their own.
    """
    validate, look, source = trainer.validate, trainer.experiment.after_validation, trainer.splits.validation
    if validate is None or look is None or source is None:
        return validate

    def both(state: State) -> dict[str, float]:
        row, step = validate(state), int(state.step)
        params, extra = jax.tree.map(jnp.copy, (evaluated(trainer.experiment, state), state.extra))
        shown = Validated(trainer.scored.model, params, step, dict(row), source, extra)
        return row | _finite(_numbers(_look(look, shown), row), step, say)

    return both


def _look(look: Callable, shown: Validated) -> Any:
    try:
        return look(shown)
    except AelabError:
        raise
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        said = str(error).strip().partition("\n")[0]
        place = f"{at.filename}, line {at.lineno}"
        raise ConfigError(f"after_validation: {type(error).__name__}: {said} ({place}); mend it") from error


def _numbers(added: Any, row: Mapping[str, float]) -> dict[str, float]:
    if added is None:
        return {}
    if not isinstance(added, Mapping):
        raise ConfigError(f"after_validation: gave {type(added).__name__}; give numbers by name, or None")
    for name, value in added.items():
        if name in row or name in ("step", "epoch", "split"):
            raise ConfigError(f"after_validation: {name} is taken by what is recorded; give the number another name")
        if not isinstance(name, str) or jnp.ndim(value) or not jnp.isrealobj(value):
            raise ConfigError(f"after_validation: {name} must be one number, got {type(value).__name__}")
    return {name: float(value) for name, value in added.items()}


def _finite(added: Mapping[str, float], step: int, say: Callable[[str], object]) -> dict[str, float]:
    for name, value in added.items():
        if not math.isfinite(value):
            say(f"after_validation: {name} is not finite at step {step} and was left out")
    return {name: value for name, value in added.items() if math.isfinite(value)}
