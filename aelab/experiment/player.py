"""Players: who moves which parts of the parameters, by what objective, and how the terms of several are told apart."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from aelab.errors import ConfigError
from aelab.experiment.optimizers import Optimizer
from aelab.model import Autoencoder, Parts, PyTree
from aelab.objectives.loss import Loss
from aelab.objectives.objective import Objective, as_objective
from aelab.seeds import key_named

MODEL = "model"  # the player whose loss is compared on validation data; its terms keep their names
Value = TypeVar("Value")


class Player(NamedTuple):
    """An objective, an optimizer, and the parts of the parameters that it moves: GANs and critics are players.

    All players of a step take their gradients at the parameters before it. Players may share parts; then their changes
    add up. One that moves every n-th step alone lets the others move n times as often, as a critic does.
    """

    objective: Objective | Callable
    optimizer: Optimizer
    parts: tuple[str, ...] = (MODEL,)  # of the model, as "encoder", or networks beside it; "model" is all of its parts
    every: int = 1  # move on every n-th step, n - 1 being the first

    @property
    def record(self) -> Objective:
        """The objective as a record, where a function was given."""
        return as_objective(self.objective)


def own_parameters(params: PyTree, parts: Sequence[str]) -> dict[str, PyTree]:
    """The parameters of some parts by part; a part that has none is left out."""
    model = params[MODEL]
    names = [name for part in parts for name in (model if part == MODEL else [part])]
    found = {name: params[name] if name in params else model.get(name) for name in names}
    return {name: own for name, own in found.items() if own is not None}


def with_own(params: PyTree, own: Mapping[str, PyTree]) -> PyTree:
    """All parameters, with those of some parts in their places."""
    beside = {name: value for name, value in own.items() if name in params}
    inside = {name: value for name, value in own.items() if name not in params}
    return {**params, **beside, MODEL: {**params[MODEL], **inside}}


def bound(name: str, player: Player, model: Autoencoder, gather: Callable[[PyTree], PyTree]) -> Callable[..., Loss]:
    """A player's `loss(params, key, batch, *, step, hyper, extra)`, given what all players are given.

    It sees its own numbers and its own extra. Its draws are its own too: those of "model" are the draws that a model
    alone has, and those of any other player are independent of them.
    """
    objective = player.record
    given = {"gather": gather} if objective.across else {}

    def loss(params: PyTree, key, batch, *, step, hyper, extra) -> Loss:
        key = key if name == MODEL else key_named(key, name)
        own = {"hyper": hyper.of(name), "extra": extra.get(name, {}), **given}
        return objective.loss(model, params, key, batch, step=step, **own)

    return loss


def recorded(values: Mapping[str, Mapping[str, Value]]) -> dict[str, Value]:
    """Terms by player and name, under the names by which they are recorded: those of "model" as they are.

    The term `gap` of the player "critic" is `critic_gap`.

    Raises:
        ConfigError: two would have one name, or a name speaks of another player than its own.
    """
    found: dict[str, Value] = {}
    for player, terms in values.items():
        for term, value in terms.items():
            name = term if player == MODEL else f"{player}_{term}"
            if name in found or term in ("loss", "count") or owner(name, values) != player:
                raise ConfigError(f"players: the term {term!r} of {player!r} is recorded as {name!r}, a taken name")
            found[name] = value
    return found


def recorded_losses(values: Mapping[str, Value]) -> dict[str, Value]:
    """Losses by player under the names by which they are recorded: `loss` is that of "model"."""
    first = sorted(values, key=lambda player: player != MODEL)
    return {"loss" if player == MODEL else f"{player}_loss": values[player] for player in first}


def owner(name: str, players: Mapping[str, Any]) -> str:
    """The player to whom a recorded name belongs."""
    return max((player for player in players if name.startswith(f"{player}_")), key=len, default=MODEL)


def checked(players: Mapping[str, Player], networks: Mapping[str, Any]) -> dict[str, Player]:
    """The players, if they make an experiment.

    Raises:
        ConfigError: none is called "model", or a name, a part or an interval cannot be.
    """
    known = {MODEL, *Parts._fields, *networks}
    if wrong := sorted(name for name in networks if name in {MODEL, *Parts._fields}):
        raise ConfigError(f"networks: {wrong[0]!r} is a part of the model; give the network another name")
    if MODEL not in players:
        raise ConfigError("players: one must be called 'model': its loss is what validation compares")
    for name, player in players.items():
        if not isinstance(player.parts, tuple):
            raise ConfigError(f"players: {name} has the parts {player.parts!r}; give a tuple of names")
        if name == "skipped" or not name.isidentifier() or owner(name, players) != MODEL:
            raise ConfigError(f"players: {name!r} cannot be the name of a player; choose another word")
        if unknown := [part for part in player.parts if part not in known]:
            raise ConfigError(f"players: {name} moves {unknown[0]!r}, which is none of {', '.join(sorted(known))}")
        if player.record.advance and not player.record.init:
            raise ConfigError(f"players: the objective of {name!r} has an `advance` and no `init` to start from")
        if not player.parts or player.every < 1:
            raise ConfigError(f"players: {name} never moves; give it parts, and every=1 or more")
    return dict(players)
