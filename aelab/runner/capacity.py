"""How many members of a population fit into the memory at once."""

from typing import NamedTuple

import jax

from aelab.evaluation.layers import size_in_bytes
from aelab.training.trainer import Trainer

SHARE = 0.8  # of the free memory; the rest is for scores, figures and what XLA does not report
COPIES = 3  # of a member's state: in training, and while a checkpoint and the best state are written
AHEAD = 3  # chunks of data in memory at a time


class Need(NamedTuple):
    """Memory in bytes."""

    shared: int  # by all members: the resident set, and what steps need besides their state
    member: int  # for each


def need(trainer: Trainer, devices: list[jax.Device]) -> Need:
    """What a population of this recipe needs, from the compiled program of one member.

    On a CPU members take turns, so that as many steps are under way as there are devices. Elsewhere all members step at
    once.
    """
    state, resident_set, row, *_ = args = trainer.shapes()
    compiled = jax.jit(trainer.recipe.chunk_for(None), donate_argnums=0).lower(*args).compile()
    analysis = compiled.memory_analysis()
    step = analysis.temp_size_in_bytes if analysis else 0  # not every backend says
    resident, read = size_in_bytes(resident_set), trainer.cadence.chunk * size_in_bytes(row)
    shared = len(devices) * resident + trainer.recipe.validation_bytes
    member = COPIES * size_in_bytes(state) + AHEAD * read
    if devices[0].platform == "cpu":
        return Need(shared + len(devices) * step, member)
    return Need(shared, member + step)


def fits(need: Need, free: int) -> int:
    """How many members fit into so many free bytes; one is always tried."""
    return max(1, int(SHARE * free - need.shared) // max(need.member, 1))


def group_sizes(members: int, need: Need, free: int) -> list[int]:
    """Sizes of the fewest groups that each fit, as equal as can be."""
    groups = -(-members // fits(need, free))
    return [members // groups + (k < members % groups) for k in range(groups)]


def notice(need: Need, free: int, sizes: list[int]) -> str:
    """One line for a population that must train in groups; "" for one that fits into the memory."""
    if len(sizes) == 1:
        return ""
    shared, member, left = (f"{size / 2**20:,.1f} MiB" for size in (*need, free))
    groups = " ".join(map(str, sizes))
    return f"one after the other, groups of {groups}: all need {shared} and each member {member}, and {left} are free"
