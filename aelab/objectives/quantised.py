"""Codes of entries out of a book: vectors and entries keep together (van den Oord et al. 2017, arXiv:1711.00937)."""

from collections.abc import Callable

import jax
from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.distributions.quantised import Quantised, squared
from aelab.model import Autoencoder, PyTree
from aelab.objectives.loss import Loss
from aelab.objectives.one_draw import one_draw

still = jax.lax.stop_gradient


def quantised(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    batch: Batch,
    *,
    step,
    hyper: Hyper,
    extra=(),
    updates: Callable | None = None,
) -> Loss:
    """Distortion and how far vectors are from their entries; nats per example.

        -log p(targets|z_q) + [½‖sg(z) - e‖²] + β ½‖z - sg(e)‖²   (eq. 3)

    sg has no gradient. A squared error counts as -log of a normal density with σ 1, less its constant, as that of a
    normal likelihood does: hence the ½, and nats. It is summed over the places that exist, the levels and the numbers.
    The second term, `codebook`, draws entries to vectors. It is left out of a book that is moved in another way, which
    reads the sums that `updates(q, key, batch)` gives. The third, `commitment`, draws vectors to entries; β is
    `hyper.commitment`.
    """
    draw = one_draw(model, params, key, batch)
    q: Quantised = draw.q
    terms = {"distortion": draw.distortion, "commitment": squared(q.before, still(q.entry), q.exists)}
    value = draw.distortion + hyper.commitment * terms["commitment"]
    if updates is not None:
        return Loss(value, terms, updates(still(q), key, batch))
    terms["codebook"] = squared(still(q.before), q.entry, q.exists)
    return Loss(value + terms["codebook"], terms)
