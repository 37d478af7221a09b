"""What a prior over finished codes is trained by (van den Oord et al. 2017, arXiv:1711.00937, section 3.3)."""

from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.draws import divergence, drawn
from aelab.objectives.loss import Loss


def code_rate(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=()
) -> Loss:
    """What codes cost under the prior; nats per example. Nothing is decoded.

        KL(q(z|inputs) || p(z)),   which of a quantised code is -log p(indices)

    With the distortion, which no prior changes, it is the negative ELBO.
    """
    q = model.encode(params, batch.inputs, **batch.beside_inputs)
    z, log_q = drawn(q, key, batch.index)
    rate = divergence(q, model.prior(params, condition=batch.condition), z, log_q)
    return Loss(rate, {"rate": rate})
