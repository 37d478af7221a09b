"""An experiment: the recipe as one Python value, its optimizer, and its numbers that are traced."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from aelab.batch import TRACED, Hyper
from aelab.config import Config, Traced, marked
from aelab.data.source import Source
from aelab.experiment.optimizers import Optimizer
from aelab.experiment.optimizers import optimizer as make_optimizer
from aelab.experiment.scores import Score
from aelab.model import Autoencoder, PyTree


class Validated(NamedTuple):
    """What `Experiment.after_validation` is shown. The parameters are a copy: nothing done to them reaches the run."""

    model: Autoencoder
    params: PyTree
    step: int
    scores: Mapping[str, float]  # of the validation split: the loss and its terms, as they are recorded
    source: Source  # the validation split


class Experiment(NamedTuple):
    """What a script builds from its config and the data's spec."""

    model: Autoencoder
    objective: Callable  # (model, params, key, batch, *, step, hyper, extra) -> Loss
    optimizer: Optimizer
    corruption: Callable | None = None  # (key, batch, hyper) -> batch; gives a conditional model its condition
    scores: tuple[Score, ...] = ()  # its own, beside the usual ones
    after_validation: Callable[[Validated], Mapping[str, float] | None] | None = None  # looks on; may add numbers

    def shown(self, key: Any, hyper: Hyper) -> Callable:
        """`batch -> batch` as it is scored and drawn: whole, with a condition where the model needs one."""
        corruption = self.corruption
        if corruption is None or not self.model.conditional:
            return lambda batch: batch
        return lambda batch: corruption(key, batch, hyper)


def optimizer(config: Config) -> Optimizer:
    """The optimizer a config describes."""
    return make_optimizer(
        config.optimizer,
        schedule=config.schedule,
        warmup=config.warmup > 0,
        weight_decay=config.weight_decay > 0,
        clip=config.clip > 0,
    )


def hyper(config: Config, steps_per_epoch: int, total_steps: int) -> Hyper:
    """The traced numbers of a config, its epochs turned into steps; a field the config lacks keeps its default."""
    given: dict[str, Any] = {name: getattr(config, name) for name in Hyper._fields if hasattr(config, name)}
    given["steps"] = total_steps
    for name in ("warmup", "beta_warmup"):
        given[name] = given.get(name, 0.0) * steps_per_epoch
    marks = {name: mark for name, mark in marked(type(config), Traced).items() if name not in TRACED}
    own = {name: getattr(config, name) * (steps_per_epoch if mark.epochs else 1) for name, mark in marks.items()}
    return Hyper(**given, own=own)


def traced(kind: type) -> frozenset[str]:
    """The fields of a config that members of a population may have each for itself, beside the seed."""
    return TRACED | marked(kind, Traced).keys()
