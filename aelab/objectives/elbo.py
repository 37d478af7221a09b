"""The evidence lower bound, its rate weighted by β."""

from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.draws import divergence, drawn
from aelab.objectives.loss import Loss


def elbo(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=()
) -> Loss:
    """Negative evidence lower bound, its rate weighted by `hyper.beta_at(step)`; nats per example.

        -E_q(z|inputs)[log p(targets|z)] + beta * KL(q(z|inputs) || p(z))

    One sample of z. `batch.inputs` may be a corrupted copy of `batch.targets`, and these count inside `batch.entries`
    alone. References: Kingma and Welling 2014, arXiv:1312.6114, eq. 7; Higgins et al. 2017, eq. 4 (`beta`); with
    `batch.condition`, Sohn et al. 2015, NIPS, eq. 4.
    """
    q = model.encode(params, batch.inputs, **batch.beside_inputs)
    z, log_q = drawn(q, key, batch.index)  # a row draws by its own index, on any number of devices
    x = model.decode(params, z, **batch.beside_code)
    distortion = -x.log_prob(batch.targets, mask=batch.entries)
    rate = divergence(q, model.prior(params, condition=batch.condition), z, log_q)
    return Loss(distortion + hyper.beta_at(step) * rate, {"distortion": distortion, "rate": rate})
