"""Priors by name: which settings make them, for codes of a shape and events of a spec."""

from collections.abc import Callable, Sequence
from typing import Any

from aelab import latents, nets
from aelab.errors import ConfigError
from aelab.priors.conditional import Conditional
from aelab.priors.flow import LearnedFlow
from aelab.priors.layered import Layered
from aelab.priors.mixture import LearnedMixture
from aelab.priors.standard_normal import standard_normal
from aelab.priors.uniform import uniform
from aelab.priors.vamp import Vamp

HIDDEN = 128  # units of the net that a conditional prior is made of
USUAL = ("standard_normal", "conditional", "mixture", "flow")  # of any code that is one vector of plain numbers
FITTING = {  # by kind of code; VampPrior is a mixture of codes, and flows of one network are none
    "normal": (*USUAL, "vamp"),
    "full": (*USUAL, "vamp"),
    "planar": USUAL,
    "iaf": USUAL,
    "vmf": ("uniform", "vamp"),
    "layered": ("layered",),
    "bottom_up": ("layered",),
}


def conditional(config: Any, spec: Any, shape: Sequence[int]) -> Conditional:
    """p(z|condition): a normal distribution whose means and variances are those of a net with one hidden layer."""
    if not spec.condition:
        raise ConfigError("--prior conditional: there is no condition; add --condition label, or leave it out")
    if len(shape) > 1:
        raise ConfigError(
            "--prior conditional: gives one vector, and --latent-grid has a code on a grid; leave one out"
        )
    return Conditional(nets.mlp.Encoder((HIDDEN,)), latents.Gaussian(config.latent_dim))


def vamp(config: Any, spec: Any, shape: Sequence[int]) -> Vamp:
    """The mixture of the codes of pseudo-inputs."""
    if spec.condition:
        raise ConfigError("--prior vamp: pseudo-inputs have no condition; leave out --condition, or use another prior")
    return Vamp(config.prior_components, tuple(spec.shape), "unit" if spec.values == "unit" else "real")


menu: dict[str, Callable[[Any, Any, Sequence[int]], Any]] = {
    "standard_normal": lambda config, spec, shape: standard_normal(shape),
    "conditional": conditional,
    "mixture": lambda config, spec, shape: LearnedMixture(tuple(shape), config.prior_components),
    "vamp": vamp,
    "flow": lambda config, spec, shape: LearnedFlow(tuple(shape), config.prior_layers, config.code_width),
    "layered": lambda config, spec, shape: Layered((config.latent_dim, *config.upper_dims), config.code_width),
    "uniform": lambda config, spec, shape: uniform(config.latent_dim),
}


def chosen(config: Any, spec: Any, shape: Sequence[int]) -> Any:
    """The prior over codes of this shape that a config asks for.

    Raises:
        ConfigError: it does not go with the kind of code or the condition, or the name is none of the menu.
    """
    if config.prior not in menu:
        raise ConfigError(f"--prior: no {config.prior!r}; there are {', '.join(menu)}")
    fitting = FITTING[config.posterior]
    if config.prior not in fitting:
        raise ConfigError(f"--prior: {config.prior} is none for --posterior {config.posterior}; use {fitting[0]}")
    return menu[config.prior](config, spec, shape)
