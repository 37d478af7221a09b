"""Whether the numbers that a population varies are traced arguments of its program, or constants in it."""

import dataclasses
from collections.abc import Callable, Sequence

import jax

from aelab.config import Config, flag
from aelab.errors import ConfigError
from aelab.experiment import hyper, traced
from aelab.training.initial import made_from
from aelab.training.trainer import Trainer


def check(trainer: Trainer, configs: Sequence[Config], build: Callable) -> None:
    """Compare the program of the trainer's config with the programs that it becomes with a number of another member.

    Programs are lowered, not compiled: one for the config, and one for each number that differs.

    Raises:
        ConfigError: they differ, so that one program would train the members with the numbers of the first.
    """
    first = trainer.config
    other = {
        name: next((value for each in configs if (value := getattr(each, name)) != getattr(first, name)), None)
        for name in sorted(traced(type(first)) | {"seed"})
        if hasattr(first, name)
    }
    varied = {name: value for name, value in other.items() if value is not None}
    own = program(trainer, first, build) if varied else ""
    for name, value in varied.items():
        if program(trainer, dataclasses.replace(first, **{name: value}), build) != own:
            raise ConfigError(
                f"{flag(name)}: build makes another program of {value} than of {getattr(first, name)}, so members of a "
                f"population would all train with one; read it from `hyper` in the objective, or leave out --population"
            )


def program(trainer: Trainer, config: Config, build: Callable) -> str:
    """What XLA is given for one step and for the fresh state of a config: its numbers are not in it."""
    spec = trainer.splits.spec
    own = Trainer(config, dataclasses.replace(trainer.recipe, experiment=build(config, spec)))
    numbers = hyper(config, 1, 1)
    step = jax.jit(own.recipe.chunk_for(None)).lower(*own.shapes())
    fresh = jax.jit(lambda key, given: made_from(own.experiment, spec, key, given)).lower(own.keys.train, numbers)
    return step.as_text() + fresh.as_text()
