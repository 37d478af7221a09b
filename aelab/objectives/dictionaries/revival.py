"""Units that are never on, and the loss that brings them back (Gao et al. 2024, arXiv:2406.04093, appendix A.2).

A unit that no event turns on has no gradient, and stays as it is for ever. So units that have not been on for a long
time are made to rebuild what the others have left over.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from aelab.batch import Batch, Hyper
from aelab.distributions import sum_event
from aelab.latents.dictionaries import kept
from aelab.model import Autoencoder, PyTree
from aelab.objectives.dictionaries.placing import Rebuilt


def revival(
    model: Autoencoder, made: Rebuilt, batch: Batch, extra: PyTree, hyper: Hyper, units: int
) -> Float[Array, "batch"]:
    """½ ‖e − ê‖² / σ² of what is left over, e = x − x̂, by dead units alone; nats per example, 0 where none is dead.

    ê is the sum of the directions of up to so many dead `units`, those that answer most, each as long as it answers. No
    gradient goes through e. A unit is dead that no training event has turned on for `hyper.dead_after` examples.
    """
    dead = extra["since"] >= hyper.dead_after

    def error() -> Float[Array, "batch"]:
        answers = jnp.where(dead, made.q.before, 0)
        z = jnp.where(kept(answers, min(units, answers.shape[-1])), answers, 0)
        bias = model.decode(made.params, jnp.zeros_like(z[:1])).mean
        left = jax.lax.stop_gradient(batch.targets - made.x.mean) - (model.decode(made.params, z).mean - bias)
        squared = 0.5 * jnp.square(left) * jnp.exp(-jax.lax.stop_gradient(made.x.log_variance))
        return sum_event(squared, batch.entries)

    return jax.lax.cond(dead.any(), error, lambda: jnp.zeros(len(batch.inputs)))


def turned_on(batch: Batch, z: Float[Array, "batch unit"]) -> dict[str, Float[Array, "unit"]]:
    """How many examples turned each unit on: `Loss.updates`."""
    return {"on": batch.weights @ (z > 0).astype(jnp.float32)}


def nobody_has_been_on(params: PyTree, spec, hyper: Hyper) -> PyTree:
    """For how many examples each unit has not been on, at step 0: `Objective.init`."""
    return {"since": jnp.zeros(len(params["model"]["decoder"]["directions"]))}


def advance(extra: PyTree, sums: PyTree, step, hyper: Hyper) -> PyTree:
    """The same a step later, that of a unit which was on begins anew: `Objective.advance`."""
    return {**extra, "since": jnp.where(sums["on"] > 0, 0, extra["since"] + sums["count"])}
