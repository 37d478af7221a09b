"""An experiment: the recipe as one Python value, its optimizer, and its numbers that are traced."""

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from aelab.batch import TRACED, Hyper
from aelab.config import Config, Traced, marked
from aelab.data.source import Source
from aelab.errors import ConfigError
from aelab.experiment.optimizers import Optimizer
from aelab.experiment.optimizers import optimizer as make_optimizer
from aelab.experiment.player import MODEL, Player, bound, checked
from aelab.experiment.scores import Score
from aelab.model import Autoencoder, PyTree
from aelab.objectives.loss import Loss
from aelab.objectives.objective import Objective


class Validated(NamedTuple):
    """What `Experiment.after_validation` is shown. The parameters are a copy: nothing done to them reaches the run."""

    model: Autoencoder
    params: PyTree
    step: int
    scores: Mapping[str, float]  # of the validation split: the loss and its terms, as they are recorded
    source: Source  # the validation split
    extra: PyTree = MappingProxyType({})  # a copy of what the objectives keep, by player


class Experiment(NamedTuple):
    """What a script builds from its config and the data's spec.

    `objective` and `optimizer` are the short form of one player, "model", that moves all of the model. Several players
    stand in `players`, and networks that are no part of the model, such as a critic, in `networks`: each is given as
    `init(key) -> params`, and its parameters are `params[name]`, beside `params["model"]`.
    """

    model: Autoencoder
    objective: Objective | Callable | None = None  # (model, params, key, batch, *, step, hyper, extra) -> Loss
    optimizer: Optimizer | None = None
    corruption: Callable | None = None  # (key, batch, hyper) -> batch; gives a conditional model its condition
    scores: tuple[Score, ...] = ()  # its own, beside the usual ones
    after_validation: Callable[[Validated], Mapping[str, float] | None] | None = None  # looks on; may add numbers
    players: Mapping[str, Player] = MappingProxyType({})
    networks: Mapping[str, Callable] = MappingProxyType({})
    start: Callable | None = None  # (model, params, train) -> params, of those that a run takes from another
    figures: Mapping[str, Callable] = MappingProxyType({})  # its own, by name: (model, params, source) -> arrays
    anew: tuple[str, ...] = ()  # parts that such a run does not take, and which start fresh, as a prior
    fresh: Callable | None = None  # params -> params, of those that are new: what parts of a model begin with in common

    def __hash__(self) -> int:
        return hash(tuple(frozenset(field.items()) if isinstance(field, Mapping) else field for field in self))

    def all_players(self) -> dict[str, Player]:
        """The players by name.

        Raises:
            ConfigError: both forms are given, or neither, or the players do not make an experiment.
        """
        if self.players and (self.objective or self.optimizer):
            raise ConfigError("players: give an objective and an optimizer, or players, not both")
        if self.players:
            return checked(self.players, self.networks)
        if self.objective is None or self.optimizer is None:
            raise ConfigError("players: the experiment has no objective, or no optimizer")
        return checked({MODEL: Player(self.objective, self.optimizer)}, self.networks)

    @property
    def across(self) -> bool:
        """Whether the loss of an example depends on its batch."""
        return any(player.record.across for player in self.all_players().values())

    @property
    def divisible(self) -> bool:
        """Whether batches may be cut into parts unasked: nothing of one's own may look across them untold."""
        functions = [player.record.loss for player in self.all_players().values()]
        functions += [self.corruption] if self.corruption else []
        return not self.across and all(map(is_of_library, functions))

    def losses(self, gather: Callable[[PyTree], PyTree] = lambda tree: tree) -> dict[str, Callable[..., Loss]]:
        """The loss `(params, key, batch, *, step, hyper, extra)` of each player; see `Objective` for `gather`."""
        return {name: bound(name, player, self.model, gather) for name, player in self.all_players().items()}

    def shown(self, key: Any, hyper: Hyper) -> Callable:
        """`batch -> batch` as it is scored and drawn: whole, with a condition where the model needs one.

        A condition that came with the batch stays; else the corruption makes it.
        """
        corruption = self.corruption
        if corruption is None or not self.model.conditional:
            return lambda batch: batch
        return lambda batch: batch if batch.condition is not None else corruption(key, batch, hyper)


def is_of_library(function: Any) -> bool:
    """Whether a function stands in aelab or its scripts, and not in a script of one's own."""
    while isinstance(function, partial):
        function = function.func
    return getattr(function, "__module__", "").partition(".")[0] in ("aelab", "experiments")


def optimizer(config: Config, **moments: float) -> Optimizer:
    """The optimizer a config describes; `moments` are Adam's `b1`, `b2` and `eps` where they are not the usual ones."""
    return make_optimizer(
        config.optimizer,
        schedule=config.schedule,
        warmup=config.warmup > 0,
        weight_decay=config.weight_decay > 0,
        clip=config.clip > 0,
        average=config.ema > 0,
        **moments,
    )


def game_optimizer(config: Config) -> Optimizer:
    """The optimizer a config describes for players of a game; Adam forgets sooner (Radford et al. 2016, section 4)."""
    return optimizer(config, **({"b1": 0.5, "b2": 0.9} if config.optimizer in ("adam", "adamw") else {}))


def hyper(config: Config, steps_per_epoch: int, total_steps: int) -> Hyper:
    """The traced numbers of a config, its epochs turned into steps; a field the config lacks keeps its default."""
    given: dict[str, Any] = {name: getattr(config, name) for name in Hyper._fields if hasattr(config, name)}
    given["steps"] = total_steps
    for name in ("warmup", "beta_warmup"):
        given[name] = given.get(name, 0.0) * steps_per_epoch
    marks = {name: mark for name, mark in marked(type(config), Traced).items() if name not in TRACED}
    own = {name: getattr(config, name) * (steps_per_epoch if mark.epochs else 1) for name, mark in marks.items()}
    return Hyper(**given, own=own)


def settled(config: Config, numbers: Hyper) -> Hyper:
    """The numbers by which validation scores: what is still rising has risen."""
    rising = (name for name, mark in marked(type(config), Traced).items() if mark.rise and name in numbers.own)
    return numbers._replace(beta_warmup=0.0, own={**numbers.own, **dict.fromkeys(rising, 0.0)})


def traced(kind: type) -> frozenset[str]:
    """The fields of a config that members of a population may have each for itself, beside the seed."""
    return TRACED | marked(kind, Traced).keys()


def switches(config: Config) -> dict[str, bool]:
    """Of each traced number, whether the program has its part: 0 leaves it out, unless its field says otherwise."""
    marks, names = marked(type(config), Traced), [field.name for field in dataclasses.fields(config)]
    return {
        name: getattr(config, name) != 0 or not marks.get(name, Traced()).switch
        for name in names
        if name in traced(type(config))
    }
