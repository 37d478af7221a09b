"""The analytic σ-VAE: a normal likelihood whose σ is the best for the decoder as it stands.

    σ*² = E[Σ (x − μ)²] / entries    (Rybkin et al. 2021, arXiv:2006.13202, eq. 7)

That is the σ under which the distortion is smallest, so it needs no gradient and no learning rate. The paper takes the
squared error of each batch. Here it is a running average over batches, so that validation and test events are scored
under one σ, as a density must be.
"""

import math
from typing import Any

import jax.numpy as jnp

from aelab.distributions import sum_event
from aelab.objectives.loss import Loss
from aelab.objectives.objective import Objective

DECAY = 0.9  # share that the average keeps of itself in a step


def optimal_sigma(inner: Objective) -> Objective:
    """`inner`, with σ put on its best value behind every step; the likelihood is normal with a learned σ.

    The squared error is read off the term `distortion`, which is squared / 2σ² + entries · (log σ + ½ log 2π).
    `inner` keeps nothing of its own.
    """
    if inner.init or inner.advance or inner.project:
        raise ValueError("optimal_sigma: the objective keeps something of its own")

    def loss(model, params, key, batch, *, step, hyper, extra, **more) -> Loss:
        found = inner.loss(model, params, key, batch, step=step, hyper=hyper, extra=(), **more)
        log_sigma = params["model"]["likelihood"]["log_sigma"]
        entries = sum_event(jnp.ones_like(batch.targets), batch.entries)
        constant = entries * (log_sigma + 0.5 * math.log(2 * math.pi))
        squared = 2 * jnp.exp(2 * log_sigma) * (found.terms["distortion"] - constant)
        sums = {"squared": batch.weights @ squared, "entries": batch.weights @ entries}
        return found._replace(updates={**found.updates, **sums})

    def init(params, spec, hyper) -> Any:
        return {"variance": jnp.exp(2 * params["model"]["likelihood"]["log_sigma"])}

    def advance(extra, sums, step, hyper) -> Any:
        """From the second step on an average, so that the σ of fresh parameters is soon forgotten."""
        kept = jnp.where(step == 0, 0.0, DECAY)
        return {"variance": kept * extra["variance"] + (1 - kept) * sums["squared"] / sums["entries"]}

    def project(params, extra) -> Any:
        own = params["model"]
        likelihood = {**own["likelihood"], "log_sigma": 0.5 * jnp.log(extra["variance"])}
        return {**params, "model": {**own, "likelihood": likelihood}}

    return Objective(loss, init, advance, project, inner.across)
