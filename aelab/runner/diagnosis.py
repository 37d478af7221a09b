"""Why a step was not finite: the examples of its batch, and statistics of inputs, losses, gradient and parameters."""

import math
from typing import Any

import jax
import numpy as np

from aelab.experiment.player import recorded_losses
from aelab.training.state import PyTree, State
from aelab.training.trainer import Trainer


def diagnose(trainer: Trainer, good: State, stop: int) -> dict[str, Any]:
    """Repeat the steps from a finite state to `stop` one by one, and describe the first that is not finite.

    Examples are named by their index in the training set, leaves by their path. Where the state is split over devices,
    the last step is taken for the bad one, and its examples are all that is said.
    """
    if trainer.layout:  # no device can have all of what follows
        return {"step": stop - 1, "examples": trainer.examples(stop - 1).tolist()}
    before = state_before_bad_step(trainer, good, stop)
    if before is None:
        return {"step": stop - 1, "examples": trainer.examples(stop - 1).tolist()}
    step = int(before.step)
    batch, examples = trainer.batch(step), trainer.examples(step)

    def total(params: PyTree):
        values = {name: loss.value for name, loss in trainer.losses(params, batch, step, before.extra).items()}
        return sum(value.sum() for value in values.values()), recorded_losses(values)

    (_, losses), grads = jax.jit(jax.value_and_grad(total, has_aux=True))(before.params)
    losses = {name: np.asarray(loss)[:, None] for name, loss in losses.items()}
    rows = {"inputs": np.asarray(batch.inputs).reshape(len(examples), -1), **losses}
    trees = {"gradient": grads, "parameters": before.params}
    flat = {name: np.concatenate([np.ravel(x) for x in jax.tree.leaves(tree)]) for name, tree in trees.items()}
    return {
        "step": step,
        "examples": examples.tolist(),
        **{f"bad_{name}": examples[~np.isfinite(x).all(1)].tolist() for name, x in rows.items()},
        **{f"bad_{name}": bad_leaves(tree) for name, tree in trees.items()},
        "statistics": {name: statistics(x) for name, x in {**rows, **flat}.items()},
    }


def diagnose_skipped(trainer: Trainer, step: int, sums: dict[str, float]) -> dict[str, Any]:
    """What is known of a skipped step: its batch, read again, and the `sums` of losses over it.

    The state before the step is gone, so nothing can be said of its gradient.
    """
    examples, inputs = trainer.examples(step), np.asarray(trainer.batch(step).inputs)
    inputs = inputs.reshape(len(examples), -1)
    return {
        "step": step,
        "examples": examples.tolist(),
        "bad_inputs": examples[~np.isfinite(inputs).all(1)].tolist(),
        "sums": {name: value if math.isfinite(value) else None for name, value in sums.items()},
        "statistics": {"inputs": statistics(inputs)},
    }


def state_before_bad_step(trainer: Trainer, state: State, stop: int) -> State | None:
    """The state just before the first step that is not finite; None where all steps up to `stop` are."""
    for step in range(int(state.step), stop):
        before = jax.device_get(state)
        state, metrics = trainer.advance(state, trainer.read(step, 1))
        if not trainer.finite((state.params, state.opt_state, state.extra, metrics)):
            return before
    return None


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
