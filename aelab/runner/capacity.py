"""How many members of a population fit into the memory at once."""

from typing import NamedTuple

import jax

from aelab.evaluation.layers import size_in_bytes
from aelab.training.trainer import Trainer

SPARE = 0.8  # share of the free memory that is given out: what scores and draws, and what XLA does not tell, is beside
COPIES = 3  # of a member's state: the one that trains, and those that a checkpoint and the best one are written from
AHEAD = 3  # chunks of what is read


class Need(NamedTuple):
    """Bytes."""

    shared: int  # by all members: the resident set and what steps need beside their state
    member: int  # for each


def need(trainer: Trainer, devices: list[jax.Device]) -> Need:
    """Of a population of this recipe, from the compiled program of one member.

    On a CPU, members take turns, and one on each device needs the room of a step; elsewhere all members step at once.
    """
    state, resident_set, row, *_ = args = trainer.shapes()
    compiled = jax.jit(trainer.chunk_for(None), donate_argnums=0).lower(*args).compile()
    analysis = compiled.memory_analysis()
    step = analysis.temp_size_in_bytes if analysis else 0  # not every backend says
    resident, read = size_in_bytes(resident_set), trainer.cadence.chunk * size_in_bytes(row)
    member = COPIES * size_in_bytes(state) + AHEAD * read
    if devices[0].platform == "cpu":
        return Need(len(devices) * (resident + step), member)
    return Need(len(devices) * resident, member + step)


def fits(need: Need, free: int) -> int:
    """How many members fit into so many free bytes; one is always tried."""
    return max(1, int(SPARE * free - need.shared) // max(need.member, 1))


def cut(members: int, need: Need, free: int) -> list[int]:
    """Sizes of the groups, as equal as can be, of which each fits."""
    groups = -(-members // fits(need, free))
    return [members // groups + (k < members % groups) for k in range(groups)]


def said(need: Need, free: int, sizes: list[int]) -> str:
    """One line for a population that has to be cut; "" for one that fits."""
    if len(sizes) == 1:
        return ""
    shared, member, left = (f"{size / 2**20:,.1f} MiB" for size in (*need, free))
    groups = " ".join(map(str, sizes))
    return f"one after the other, groups of {groups}: all need {shared} and each member {member}, and {left} are free"
