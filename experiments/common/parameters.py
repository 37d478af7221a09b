"""The sizes that give a net a number of parameters, so that architectures of equal size can be compared."""

import dataclasses
from collections.abc import Callable

from aelab.config import RECORDS, AnyConfig
from aelab.data.source import Spec
from aelab.errors import ConfigError

TOLERANCE = 0.1  # share by which a fitted net may miss its number of parameters


def fit_parameters(config: AnyConfig, build: Callable, spec: Spec, parameters: int) -> AnyConfig:
    """The config with the sizes of its net scaled together until the model has about as many `parameters`.

    Each size stays a whole multiple of what the record of the net's settings says, or of 4; its shape (how many
    layers, which is wider) stays as the config has it.

    Raises:
        ConfigError: no scale comes within a tenth of `parameters`.
    """
    low, high = 1 / 64, 64.0
    for _ in range(16):  # halve the range of the factor, on a logarithmic scale
        middle = (low * high) ** 0.5
        few = count(scaled(config, middle), build, spec) < parameters
        low, high = (middle, high) if few else (low, middle)
    fitted = min((scaled(config, f) for f in (low, high)), key=lambda c: abs(count(c, build, spec) - parameters))
    found = count(fitted, build, spec)
    if abs(found - parameters) > TOLERANCE * parameters:
        raise ConfigError(f"--parameters: {config.net} comes no closer to {parameters} than {found} on these events")
    return fitted


def scaled(config: AnyConfig, factor: float) -> AnyConfig:
    """The config with every size of its net times `factor`, rounded."""
    record = RECORDS[config.net]
    unit = getattr(config, record.multiple) if record.multiple else 4

    def size(value):
        if isinstance(value, tuple):
            return tuple(map(size, value))
        return value and max(1, round(value * factor / unit)) * unit  # 0 stays 0: a layer that is not there

    return dataclasses.replace(config, **{name: size(getattr(config, name)) for name in record.sizes})


def count(config: AnyConfig, build: Callable, spec: Spec) -> int:
    """How many parameters the model of a config has; nothing is computed."""
    import jax

    from aelab.evaluation.layers import parameter_count
    from aelab.seeds import key_shape

    event = jax.ShapeDtypeStruct((1, *spec.shape), "float32")
    return parameter_count(jax.eval_shape(build(config, spec).model.init, key_shape(), event))
