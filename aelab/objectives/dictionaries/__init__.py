"""Objectives of sparse dictionaries, a kind a file; `menu[kind](config)` makes that of a config as a record.

The squared error of their papers is the distortion of a normal likelihood, in nats: ½ ‖x − x̂‖² / σ² and a constant.
"""

from collections.abc import Callable
from functools import partial

from aelab.objectives.dictionaries.l1 import l1
from aelab.objectives.dictionaries.placing import with_placed_dictionary
from aelab.objectives.dictionaries.revival import advance, nobody_has_been_on
from aelab.objectives.dictionaries.top_k import top_k
from aelab.objectives.objective import Objective

PLACED = partial(Objective, project=with_placed_dictionary)
REVIVED = partial(PLACED, init=nobody_has_been_on, advance=advance)

menu: dict[str, Callable] = {
    "l1": lambda config: PLACED(l1),
    "topk": lambda config: REVIVED(partial(top_k, revived=config.revived)),
}

__all__ = ["l1", "menu", "top_k", "with_placed_dictionary"]
