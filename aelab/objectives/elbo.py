"""The evidence lower bound, its rate weighted by β."""

from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.loss import Loss
from aelab.objectives.one_draw import one_draw, rate_of


def elbo(
    model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, *, step, hyper: Hyper, extra=()
) -> Loss:
    """Negative evidence lower bound, its rate weighted by `hyper.beta_at(step)`; nats per example.

        -E_q(z|inputs)[log p(targets|z)] + beta * KL(q(z|inputs) || p(z))

    One sample of z. `batch.inputs` may be a corrupted copy of `batch.targets`, and these count inside `batch.entries`
    alone. References: Kingma and Welling 2014, arXiv:1312.6114, eq. 7; Higgins et al. 2017, eq. 4 (`beta`); with
    `batch.condition`, Sohn et al. 2015, NIPS, eq. 4.
    """
    draw = one_draw(model, params, key, batch)
    distortion, rate = draw.distortion, rate_of(model, params, batch, draw)
    return Loss(distortion + hyper.beta_at(step) * rate, {"distortion": distortion, "rate": rate})
