"""A dictionary with the same number of units on for every event (Gao et al. 2024, arXiv:2406.04093)."""

from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.model import Autoencoder, PyTree
from aelab.objectives.dictionaries.placing import rebuilt
from aelab.objectives.dictionaries.revival import revival, turned_on
from aelab.objectives.loss import Loss


def top_k(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    extra,
    revived: int,
) -> Loss:
    """Distortion, and the error of dead units on what is left over; nats per example.

        distortion + α revival   (section 2.3 and appendix A.2)

    Nothing is paid for the code, as its head leaves k numbers on. α is `hyper.revival_weight`, and so many dead units
    are `revived` at once for an event.
    """
    made = rebuilt(model, params, batch)
    error = revival(model, made, batch, extra, hyper, revived)
    terms = {"distortion": made.distortion, "revival": error}
    return Loss(made.distortion + hyper.revival_weight * error, terms, turned_on(batch, made.z))
