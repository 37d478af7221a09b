"""Objectives of sparse dictionaries, a kind a file; `menu[kind](config)` makes that of a config as a record.

The squared error of their papers is the distortion of a normal likelihood, in nats: ½ ‖x − x̂‖² / σ² and a constant.
"""

from collections.abc import Callable
from functools import partial

from aelab.objectives.dictionaries import revival
from aelab.objectives.dictionaries.batch_top_k import advance, batch_top_k, no_threshold_yet, with_threshold
from aelab.objectives.dictionaries.gated import gated
from aelab.objectives.dictionaries.jump_relu import jump_relu
from aelab.objectives.dictionaries.l1 import l1
from aelab.objectives.dictionaries.matryoshka import matryoshka
from aelab.objectives.dictionaries.placing import with_placed_dictionary
from aelab.objectives.dictionaries.top_k import top_k
from aelab.objectives.objective import Objective

PLACED = partial(Objective, project=with_placed_dictionary)
REVIVED = partial(PLACED, init=revival.nobody_has_been_on, advance=revival.advance)
OVER_BATCH = partial(Objective, init=no_threshold_yet, advance=advance, project=with_threshold, across=True)

menu: dict[str, Callable] = {
    "l1": lambda config: PLACED(l1),
    "topk": lambda config: REVIVED(partial(top_k, revived=config.revived)),
    "batch_topk": lambda config: OVER_BATCH(partial(batch_top_k, k=config.k, revived=config.revived)),
    "jump_relu": lambda config: PLACED(jump_relu),
    "gated": lambda config: PLACED(gated),
    "matryoshka": lambda config: OVER_BATCH(
        partial(matryoshka, k=config.k, revived=config.revived, levels=config.levels)
    ),
}

__all__ = ["batch_top_k", "gated", "jump_relu", "l1", "matryoshka", "menu", "top_k", "with_placed_dictionary"]
