"""The two ends of the way to log p(x): a density that is known whole, and p(z) p(x|z), which lacks its constant.

Codes are flat vectors of numbers here, `[batch, chain, number]`, whatever their form in the model.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.distributions import Point, Sparse
from aelab.latents import flat, like
from aelab.model import Autoencoder, PyTree
from aelab.truth.hamiltonian import Codes, Factor
from aelab.truth.joint import log_joint, prior_codes

Start = Literal["prior", "posterior"]  # p(z), or q(z|x)
DRAWS = 64  # of a density, to see how wide it is: a variance is then known to 18 %
Draw = Callable[[Key[Array, ""]], Any]  # a code for each row


class Ends(NamedTuple):
    """Start and target of each event of a batch, and codes from the start.

    `variances` are those of the numbers of a code under the start, and under the target as the encoder sees it. They
    only say how far a step may go.
    """

    draw: Callable[[Key[Array, ""], int], Codes]  # so many chains
    start: Factor  # log p(z), or log q(z|x)
    target: Factor  # log p(z) + log p(x|z)
    variances: tuple[Float[Array, "batch number"], Float[Array, "batch number"]]

    @property
    def factors(self) -> tuple[Factor, Factor]:
        """Those of f_β = start^(1 − β) target^β."""
        return self.start, self.target


def ends(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch, start: Start) -> Ends:
    """The ends for the events of a batch; the widths are seen by draws with `key`."""
    q = model.encode(params, batch.inputs, **batch.beside_inputs)
    p = model.prior(params, condition=batch.condition)
    draws: dict[str, Draw] = {
        "prior": lambda key: prior_codes(model, params, key, batch),
        "posterior": lambda key: q.sample(key, batch.index),
    }
    form = jax.eval_shape(draws["prior"], key)
    seen = "prior" if isinstance(q, Point | Sparse) else "posterior"  # a point has no width
    widths = {name: _chains(draws[name], key, DRAWS).var(1) for name in {start, seen}}
    return Ends(
        draw=partial(_chains, draws[start]),
        start=_by_chain({"prior": p, "posterior": q}[start].log_prob, form),
        target=_by_chain(log_joint(model, params, batch), form),
        variances=(widths[start], widths[seen]),
    )


def _chains(draw: Draw, key: Key[Array, ""], chains: int) -> Codes:
    """Flat codes of so many chains of each row."""
    return jax.vmap(lambda chain: flat(draw(jax.random.fold_in(key, chain))), out_axes=1)(jnp.arange(chains))


def _by_chain(log_density: Callable[[Any], Float[Array, "batch"]], form: Any) -> Factor:
    """A function of codes as one of flat codes of several chains."""
    return jax.vmap(lambda z: log_density(like(z, form)), in_axes=1, out_axes=1)
