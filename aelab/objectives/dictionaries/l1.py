"""A dictionary whose code is short in sum (Bricken et al. 2023, "Towards monosemanticity")."""

import jax.numpy as jnp
from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.dictionaries.placing import rebuilt, sparsity_weight
from aelab.objectives.loss import Loss


def l1(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=()) -> Loss:
    """Distortion and the sum of the code; nats per example.

        distortion + λ Σ_j |z_j|

    λ is `hyper.sparsity_weight`. The directions have length 1, else long ones would make the code short for nothing.
    The paper's error is ‖x − x̂‖², so its coefficient is 2 σ² λ.
    """
    made = rebuilt(model, params, batch)
    length = jnp.abs(made.q.mode).sum(1)
    value = made.distortion + sparsity_weight(hyper, step) * length
    return Loss(value, {"distortion": made.distortion, "code_length": length})
