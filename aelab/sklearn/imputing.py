"""What is missing of a row, given what was observed of it (Mattei and Frellsen 2019, arXiv:1812.02633, section 3.3).

E[x_m|x_o] ≈ Σ_l w_l E[x_m|z_l],   w_l ∝ p(x_o|z_l) p(z_l) / q(z_l|x_o),   z_l ~ q(z|x_o),   Σ_l w_l = 1
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from aelab.distributions import row_keys
from aelab.model import PyTree
from aelab.objectives import weighed_draw
from aelab.seeds import Purpose, key_for
from aelab.sklearn import reading
from aelab.sklearn.fitted import Fitted
from aelab.sklearn.fitting import batch_of
from aelab.sklearn.recipe import Recipe, experiment

MOST = 1 << 16  # codes that are decoded at a time


class Imputing(Fitted):
    """What a fitted estimator fills gaps with."""

    def impute(
        self, X: Any, *, imputations: int | None = None, draws: int = 1000, random_state: int = 0
    ) -> Float[np.ndarray, "*imputation row feature"]:
        """The table with every NaN filled; what was observed stays as it is.

        Without `imputations` a gap holds its conditional mean, E[x_m|x_o]: the least squared error. With it, the table
        is filled so many times by draws from p(x_m|x_o), `[imputation, row, feature]`. Quantiles of these are
        intervals, and an analysis repeated on each of them shows how much the gaps leave open.

        Args:
            X: The table.
            imputations: How many filled tables to draw; None for one of means.
            draws: Codes of each row that are weighed, the l of the formula; more are nearer to p(x_m|x_o).
            random_state: The seed of the draws.
        """
        x = self._read(X)
        key, size = key_for(random_state, Purpose.EVALUATE), max(1, MOST // draws)
        fill = _means if imputations is None else partial(_draws, count=imputations)
        given = partial(fill, self.recipe_, self.state_.params, key, draws=draws)
        found = reading.by_rows(given, self.scale_.seen(x), min(size, reading.BLOCK))
        found = self.scale_.restored(found.reshape(len(x), -1, x.shape[1]).swapaxes(0, 1))
        filled = np.where(np.isnan(x), found, x).astype(x.dtype)
        return filled[0] if imputations is None else filled


@partial(jax.jit, static_argnums=0, static_argnames="draws")
def _means(recipe: Recipe, params: PyTree, key, rows, index, *, draws: int) -> Float[Array, "row feature"]:
    _, x, log_weight = _weighed(recipe, params, key, rows, index, draws)
    return jnp.einsum("lb,lbd->bd", jax.nn.softmax(log_weight, 0), x.mean)


@partial(jax.jit, static_argnums=0, static_argnames=("draws", "count"))
def _draws(recipe: Recipe, params: PyTree, key, rows, index, *, draws: int, count: int):
    """Codes drawn anew by their weights, and a row of each: `[row, imputation, feature]`."""
    of_codes, of_choice, of_rows = jax.random.split(key, 3)
    z, _, log_weight = _weighed(recipe, params, of_codes, rows, index, draws)
    choose = jax.vmap(lambda own, share: jax.random.choice(own, draws, (count,), p=share), (0, 1), 1)
    chosen = choose(row_keys(of_choice, index), jax.nn.softmax(log_weight, 0))

    def one(number, choice):
        x = experiment(recipe).model.decode(params, z[choice, jnp.arange(len(rows))])
        return x.sample(jax.random.fold_in(of_rows, number), index)

    return jax.vmap(one)(jnp.arange(count), chosen).swapaxes(0, 1)


def _weighed(recipe: Recipe, params: PyTree, key: Key[Array, ""], rows, index, draws: int):
    """Codes z, the p(x|z) that they decode to, and their log weights, each `[draw, row, …]`."""
    model, batch = experiment(recipe).model, batch_of(recipe, rows, jnp.ones(len(rows)), index)
    q, p = model.encode(params, batch.inputs, **batch.beside_inputs), model.prior(params)
    return jax.vmap(partial(weighed_draw, model, params, q, p, key, batch))(jnp.arange(draws))[:3]
