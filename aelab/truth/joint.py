"""log p(x, z) as a function of codes, and which models have a log p(x) that codes can be integrated out of."""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab import distributions as known
from aelab.batch import Batch
from aelab.errors import ConfigError
from aelab.model import Autoencoder, PyTree

UNFIT = {
    "are entries of a book, and no gradient leads from one to another": (
        known.Quantised,
        known.RelaxedCodes,
        known.UniformCodes,
        known.Autoregressive,
    ),
    "are directions on a sphere, and a straight step leaves it": (known.VonMisesFisher, known.UniformSphere),
    "are points without a density": (known.Point, known.Sparse),
}


def log_joint(model: Autoencoder, params: PyTree, batch: Batch) -> Callable[[Any], Float[Array, "batch"]]:
    """log p(z) + log p(x|z) for the events of a batch, in nats, as a function of codes in the model's own form."""
    p = model.prior(params, condition=batch.condition)

    def of(z: Any) -> Float[Array, "batch"]:
        x = model.decode(params, z, **batch.beside_code)
        return p.log_prob(z) + x.log_prob(batch.targets, mask=batch.entries)

    return of


def prior_codes(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch) -> Any:
    """A code of each row from the prior; it depends on (key, the number of the row) alone."""
    index = jnp.arange(len(batch.inputs)) if batch.index is None else batch.index
    return model.draw_codes(params, key, index, condition=batch.condition)


def simulated(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch) -> tuple[Any, Batch]:
    """Codes z ~ p(z) and events x ~ p(x|z) that the model makes itself: z is then an exact draw from p(z|x).

    Of `batch` remain which entries exist and were observed, the conditions, and the numbers of the rows.
    """
    of_code, of_event = jax.random.split(key)
    z = prior_codes(model, params, of_code, batch)
    drawn = model.decode(params, z, **batch.beside_code).sample(of_event, batch.index)
    x = known.existing(jnp.asarray(drawn, batch.targets.dtype), batch.entries)
    return z, batch._replace(inputs=x, targets=x, hidden=None)


def require_continuous(model: Autoencoder, params: PyTree, batch: Batch, *, posterior: bool = False) -> None:
    """See to it that p(x) is an integral over codes that gradients can move; nothing is computed.

    With `posterior`, q(z|x) must have such a density too.

    Raises:
        ConfigError: it is not; says why, in one line.
    """
    if model.parts.prior is None:
        raise ConfigError(
            "prior: this model has none, so its log p(x) is not defined; train one with a prior over codes"
        )
    p, q = jax.eval_shape(partial(_codes, model), params, batch)
    for name, density in (("prior", p), *([("posterior", q)] if posterior else [])):
        one = getattr(density, "components", density)  # of a mixture
        for reason, kinds in UNFIT.items():
            if isinstance(one, kinds):
                raise ConfigError(f"{name}: codes of {type(one).__name__} {reason}; log p(x) is not estimated here")


def _codes(model: Autoencoder, params: PyTree, batch: Batch) -> tuple[Any, Any]:
    p = model.prior(params, condition=batch.condition)
    return p, model.encode(params, batch.inputs, **batch.beside_inputs)
