"""A dictionary that pays for each unit that is on (Rajamanoharan et al. 2024, arXiv:2407.14435)."""

from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.dictionaries.placing import rebuilt, sparsity_weight
from aelab.objectives.loss import Loss


def jump_relu(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=()
) -> Loss:
    """Distortion and the number of units that are on; nats per example.

        distortion + λ ‖z‖₀   (section 3)

    λ is `hyper.sparsity_weight`: what a unit must save, in nats, to be worth it. It reaches the thresholds alone, by
    the estimate in `aelab.latents.dictionaries.jump_relu`. The paper's error is ‖x − x̂‖², so its coefficient is 2 σ² λ.
    """
    made = rebuilt(model, params, batch)
    on = made.q.on.sum(1)
    return Loss(made.distortion + sparsity_weight(hyper, step) * on, {"distortion": made.distortion, "l0": on})
