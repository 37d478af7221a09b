"""How a game of critic and generator stands: its scores, and when one of them has won.

Where the critic sees no difference between real and made things, it tells half of them rightly and takes half of the
made ones for real. A game can end in two other ways. The critic has won where it tells at least `WON` of all rightly,
and the generator has won where the critic takes at least `WON` of what it makes for real.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aelab.config import Config
from aelab.experiment import hyper
from aelab.experiment.scores import Score

WON = 0.95  # share, over the last epoch of training
TOLD, FOOLED = "critic_told", "generator_fooled"  # as the terms of both players are recorded


def balance(critic: Callable, generator: Callable, config: Config) -> tuple[Score, Score]:
    """The scores of a game, from the losses of the players "critic" and "generator"."""
    told = "real and made things that the critic tells rightly; ½ where it sees no difference"
    fooled = "made things that the critic takes for real; ½ where it sees no difference"
    return (
        Score(TOLD, "share", "neither", told, _term(critic, "told", config)),
        Score(FOOLED, "share", "neither", fooled, _term(generator, "fooled", config)),
    )


def _term(loss: Callable, name: str, config: Config) -> Callable:
    """A term of each row, as a score computes it."""

    def of_each(model, params, key, batch):
        return loss(model, params, key, batch, step=0, hyper=hyper(config, 1, 1)).terms[name]

    return of_each


def won(rows: Sequence[Mapping[str, Any]], config: Any = None) -> list[str]:
    """In words, that one of the two has won, by the last epoch of training; nothing where there is no game."""
    last: Mapping[str, Any] = next((row for row in reversed(rows) if row["split"] == "train"), {})
    if TOLD not in last or FOOLED not in last:
        return []
    rate = getattr(config, "critic_lr", None)
    if last[TOLD] >= WON:
        tried = "a smaller critic" if rate is None else f"--critic-lr {rate / 4:g}"
        return [
            f"the critic has won: over the last epoch it told {last[TOLD]:.0%} of real and made things rightly, so the "
            f"made ones are not like the real ones; try {tried}"
        ]
    if last[FOOLED] >= WON:
        tried = "a larger critic" if rate is None else f"--critic-lr {rate * 4:g}"
        return [
            f"the generator has won: over the last epoch the critic took {last[FOOLED]:.0%} of what was made for real, "
            f"so it teaches nothing; try {tried}"
        ]
    return []
