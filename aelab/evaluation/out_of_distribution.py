"""Whether a model tells events of another set from those of its own, by how strange they look to it.

AUROC is the chance that an event of the other set scores above one of its own; ½ is no difference. A model may find
another set *likelier* than its own, and then AUROC is below ½ (Nalisnick et al. 2019, arXiv:1810.09136).
"""

from collections.abc import Callable
from functools import partial

import jax
import numpy as np
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.data.arrays import take, with_spec
from aelab.data.source import Source
from aelab.distributions import sum_event
from aelab.errors import DataError
from aelab.evaluation.batches import per_example
from aelab.evaluation.bounds import average_bound, held_out_bound, importance_bound
from aelab.evaluation.delong import auroc
from aelab.evaluation.estimate import Estimate
from aelab.latents import Point
from aelab.model import Autoencoder, PyTree

SAMPLES = 20  # draws of both bounds
TYPICAL = 5000  # training events, at most, that say what is typical

Strange = Float[np.ndarray, "example"]


def strangeness(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    source: Source,
    *,
    samples: int = SAMPLES,
    shown: Callable[[Batch], Batch] = lambda batch: batch,
) -> dict[str, Strange]:
    """Of each event its squared error at the code's mode; where there is a prior, −ELBO and −L_k. More is stranger."""
    found = {"error": per_example(lambda batch: _error(model, params, shown(batch)), source)}
    if model.parts.prior is not None and not isinstance(model.parts.posterior, Point):
        for name, bound in (("elbo", average_bound), ("l_k", importance_bound)):
            found[name] = -held_out_bound(model, params, key, source, samples, shown, bound)
    return {name: np.asarray(values, np.float64) for name, values in found.items()}


@partial(jax.jit, static_argnums=0)
def _error(model: Autoencoder, params: PyTree, batch: Batch) -> Float[Array, "batch"]:
    z = model.encode(params, batch.inputs, **batch.beside_inputs).mode
    mean = model.decode(params, z, **batch.beside_code).mean
    return sum_event((batch.targets - mean) ** 2, batch.entries)


def with_typicality(train: dict[str, Strange], events: dict[str, Strange]) -> dict[str, Strange]:
    """The same scores of events, and `typicality`, |L_k − mean of L_k over training events|, where there is an L_k.

    What is likelier than training events are may be as strange as what is less likely (Nalisnick et al. 2019,
    arXiv:1906.02994, eq. 5, one event at a time).
    """
    if "l_k" not in events:
        return dict(events)
    return {**events, "typicality": np.abs(events["l_k"] - train["l_k"].mean())}


def told_apart(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    *,
    train: Source,
    own: Source,
    other: Source,
    samples: int = SAMPLES,
    shown: Callable[[Batch], Batch] = lambda batch: batch,
) -> dict[str, Estimate]:
    """The AUROC of each score by its name: error, elbo, l_k and typicality; of `own` events against those of another
    set.

    Events of the other set are scaled as those of the own where these are standardised, and else to [0, 1] by
    themselves.

    Raises:
        DataError: events of the other set have another shape.
    """
    if other.spec.shape != own.spec.shape:
        raise DataError(f"events of the other set are {other.spec.shape}, and those of the model {own.spec.shape}")
    if own.spec.values == "real":
        other = with_spec(other, other.spec._replace(values="real", scale=own.spec.scale, shift=own.spec.shift))
    some = take(train, np.arange(min(TYPICAL, len(train))))
    scored = [strangeness(model, params, key, source, samples=samples, shown=shown) for source in (some, own, other)]
    normal, strange = (with_typicality(scored[0], each) for each in scored[1:])
    return {name: auroc(normal[name], strange[name]) for name in normal}
