"""Where a run stopped being finite: the step, the examples of its batch, and the numbers they met."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from aelab.batch import Batch
from aelab.training.state import PyTree, State
from aelab.training.step import all_finite

Advance = Callable[[State, int], tuple[State, PyTree]]  # (state, step) -> (state after one step, its metrics)


def first_bad_step(advance: Advance, state: State, stop: int) -> State | None:
    """The last good state before `stop`, found by taking the steps again one by one; None where all are finite."""
    for step in range(int(state.step), stop):
        before = jax.device_get(state)
        state, metrics = advance(state, step)
        if not all_finite((state.params, state.opt_state, state.extra, metrics)):
            return before
    return None


def examine(objective: Callable, state: State, batch: Batch, examples: np.ndarray) -> dict[str, Any]:
    """What is not finite in a step from `state`: examples by their index in the training set, leaves by their path.

    `objective(params, batch, step, extra)` gives the loss of every row; the batch has as many rows as `examples`.
    """

    def total(params: PyTree):
        value = objective(params, batch, state.step, state.extra).value
        return value.sum(), value

    (_, loss), grads = jax.jit(jax.value_and_grad(total, has_aux=True))(state.params)
    rows = {"inputs": np.asarray(batch.inputs).reshape(len(examples), -1), "loss": np.asarray(loss)[:, None]}
    leaves = {"gradient": grads, "parameters": state.params}
    return {
        "examples": examples.tolist(),
        **{f"bad_{name}": examples[~np.isfinite(x).all(1)].tolist() for name, x in rows.items()},
        **{f"bad_{name}": bad_leaves(tree) for name, tree in leaves.items()},
        "statistics": {name: statistics(x) for name, x in rows.items()}
        | {
            name: statistics(jnp.concatenate([x.ravel() for x in jax.tree.leaves(tree)]))
            for name, tree in leaves.items()
        },
    }


def bad_leaves(tree: PyTree) -> dict[str, int]:
    """How many numbers of each leaf are not finite, where any is."""
    counts = {
        jax.tree_util.keystr(p): int((~np.isfinite(x)).sum()) for p, x in jax.tree_util.tree_leaves_with_path(tree)
    }
    return {name: count for name, count in counts.items() if count}


def statistics(values: Any) -> dict[str, float | None]:
    """Least, greatest and mean of the finite numbers, None where there are none, and how many are not finite."""
    values = np.asarray(values, np.float64)
    good = values[np.isfinite(values)]
    found = (good.min(), good.max(), good.mean()) if good.size else (None, None, None)
    numbers = dict(zip(("min", "max", "mean"), (None if x is None else float(x) for x in found), strict=True))
    return {**numbers, "not_finite": int(values.size - good.size)}
