"""Parameters that are scored in the place of those that are trained: averages that an optimizer keeps.

A mean over many steps lies nearer to a minimum than the last step does (Polyak and Juditsky 1992, doi:10.1137/0330046).
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
import optax.contrib
from jaxtyping import Array, Float, Int

PyTree = Any


class Averaged(NamedTuple):
    """The state of an optimizer, with an average of the parameters that its steps began from."""

    inner: PyTree
    count: Int[Array, ""]  # steps in the average
    share: Float[Array, ""]  # of the average in the next one
    average: PyTree


def averaging(inner: optax.GradientTransformation, decay: Float[Array, ""] | float) -> optax.GradientTransformation:
    """The same optimizer, which also keeps an exponential moving average of the parameters.

        θ̄ ← s θ̄ + (1 − s) θ,  s = min(decay, (1 + t) / (10 + t))

    The smaller s of the first steps t forgets where training began. The average is of the parameters as they came to
    be: by all players that move them, and where objectives put them.
    """

    def share(count):
        return jnp.minimum(decay, (1.0 + count) / (10.0 + count)).astype(jnp.float32)

    def init(params):
        count = jnp.zeros((), jnp.int32)
        return Averaged(inner.init(params), count, share(count), jax.tree.map(jnp.copy, params))

    def update(updates, state, params=None):
        changes, own = inner.update(updates, state.inner, params)
        average = _folded(state.share, state.average, params)
        return changes, Averaged(own, state.count + 1, share(state.count + 1), average)

    return optax.GradientTransformation(init, update)


def _folded(share: Float[Array, ""], average: PyTree, params: PyTree) -> PyTree:
    return jax.tree.map(lambda mean, now: share * mean + (1 - share) * now, average, params)


Keeper = Averaged | optax.contrib.ScheduleFreeState


def keeper(opt_state: PyTree) -> Keeper | None:
    """The part of an optimizer's state from which parameters to be scored come; None where there is none."""
    leaves = jax.tree.leaves(opt_state, is_leaf=lambda state: isinstance(state, Keeper))
    return next((state for state in leaves if isinstance(state, Keeper)), None)


def settled(opt_state: PyTree, params: PyTree) -> PyTree:
    """The optimizer's state from which, together with these parameters, the same are to be scored.

    Both an average and the other point of schedule-free Adam are put where the parameters are.
    """

    def moved(state: Any) -> Any:
        if isinstance(state, Averaged):
            return state._replace(average=params)
        return state._replace(z=params) if isinstance(state, Keeper) else state

    return jax.tree.map(moved, opt_state, is_leaf=lambda state: isinstance(state, Keeper))


@jax.jit
def scored(state: Keeper, params: PyTree) -> PyTree:
    """The parameters to be scored, given those that the optimizer moves."""
    if isinstance(state, Averaged):
        return _folded(state.share, state.average, params)
    return optax.contrib.schedule_free_eval_params(state, params)
