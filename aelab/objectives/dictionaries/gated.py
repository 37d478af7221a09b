"""A dictionary whose gate alone pays for being open (Rajamanoharan et al. 2024, arXiv:2404.16014)."""

import jax
from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.dictionaries.placing import decoded, rebuilt, sparsity_weight
from aelab.objectives.loss import Loss


def gated(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=()
) -> Loss:
    """Distortion, the sum of what the gate answers, and the distortion if that were the code; nats per example.

        distortion + λ Σ_j max(g_j, 0) - log p(targets | max(g, 0))   (eq. 8)

    The last is decoded by a copy of the decoder that gets no gradient: it teaches the gate to open where that helps.
    λ is `hyper.sparsity_weight`. The paper's error is ‖x − x̂‖², so its coefficient is 2 σ² λ.
    """
    made = rebuilt(model, params, batch)
    whole = made.params["model"]
    frozen = {**made.params, "model": {**whole, "decoder": jax.lax.stop_gradient(whole["decoder"])}}
    by_gate = decoded(model, frozen, made.q, made.q.before, batch).distortion
    length = made.q.before.sum(1)
    value = made.distortion + sparsity_weight(hyper, step) * length + by_gate
    return Loss(value, {"distortion": made.distortion, "code_length": length, "gate_distortion": by_gate})
