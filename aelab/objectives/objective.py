"""An objective as a record: its loss, and what it needs besides where a gradient does not reach."""

from collections.abc import Callable
from typing import NamedTuple


class Objective(NamedTuple):
    """A loss, and what continues from step to step without a gradient. Most objectives are their `loss` alone.

    `loss(model, params, key, batch, *, step, hyper, extra) -> Loss` gives nats per example, never reduced.

    `init(params, spec, hyper) -> extra` gives the objective's own arrays at step 0, such as the averages of an EMA
    codebook; they are the `extra` of every loss.

    `advance(extra, sums, step, hyper) -> extra` runs once a step. `sums` are the `Loss.updates` of the whole batch,
    added up over its parts and all devices, and `sums["count"]` is how many examples it had. What comes back has the
    structure, shapes and types that `init` gave.

    `project(params, extra) -> params` runs after all players have moved, and once on the fresh parameters. It puts
    parameters where a gradient would not leave them: a codebook on its averages, the columns of a decoder on the
    sphere.

    With `across`, the loss of an example depends on the others of its batch. `loss` is then called with
    `gather=`: `gather(tree)` gives arrays `[row, ...]` of this device's rows as those of the whole batch, in its order.
    Rows of weight 0 are among them: gather `batch.weights` too. What is gathered must not be made of what was.
    """

    loss: Callable
    init: Callable | None = None
    advance: Callable | None = None
    project: Callable | None = None
    across: bool = False


def as_objective(given: Callable | Objective) -> Objective:
    """The record of an objective; a bare function is its loss."""
    return given if isinstance(given, Objective) else Objective(given)
