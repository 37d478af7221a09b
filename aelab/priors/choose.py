"""Priors by name: which settings make them, for codes of a shape and events of a spec."""

from collections.abc import Callable, Sequence
from typing import Any

from aelab.errors import ConfigError
from aelab.priors.mixture import LearnedMixture
from aelab.priors.standard_normal import standard_normal
from aelab.priors.vamp import Vamp


def _vamp(config: Any, spec: Any, shape: Sequence[int]) -> Vamp:
    if spec.condition:
        raise ConfigError("--prior vamp: pseudo-inputs have no condition; leave out --condition, or use another prior")
    return Vamp(config.prior_components, tuple(spec.shape), "unit" if spec.values == "unit" else "real")


menu: dict[str, Callable[[Any, Any, Sequence[int]], Any]] = {
    "standard_normal": lambda config, spec, shape: standard_normal(shape),
    "mixture": lambda config, spec, shape: LearnedMixture(tuple(shape), config.prior_components),
    "vamp": _vamp,
}


def chosen(config: Any, spec: Any, shape: Sequence[int]) -> Any:
    """The prior over codes of this shape that a config asks for.

    Raises:
        ConfigError: it does not go with the condition of the data, or the name is none of the menu.
    """
    if config.prior not in menu:
        raise ConfigError(f"--prior: no {config.prior!r} here; there are {', '.join(menu)}")
    return menu[config.prior](config, spec, shape)
