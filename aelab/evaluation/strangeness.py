"""How strange events look to an autoencoder that was trained on normal ones: scores `[example]`, higher is stranger."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.distributions import Bernoulli, Distribution
from aelab.evaluation.batches import per_example
from aelab.evaluation.bounds import held_out_bound
from aelab.latents import flat
from aelab.model import Autoencoder, PyTree

FLOOR = 0.1  # of the mean variance over the entries is added to each, for entries that hardly ever err
SAMPLES = 20  # draws of the bound
NEIGHBOURS = 10  # of the local outlier factor
MOST = 10_000  # rebuilt normal events, at most, that it looks among; its time grows with the square of their number


class View(NamedTuple):
    """What a model makes of each event."""

    event: Float[np.ndarray, "example entry"]  # x as the model sees it, 0 behind the end of a series
    rebuilt: Float[np.ndarray, "example entry"]  # x̂, the mean of p(x|z) at the code's mode; 0 there too
    deviance: Float[np.ndarray, "example"]  # log p(x|x) − log p(x|x̂) in nats: what is lost beside a perfect x̂
    code: Float[np.ndarray, "example number"]  # the mode of q(z|x)
    shortfall: Float[np.ndarray, "example"] | None = None  # log p(x|x) − L_k in nats, where there is a prior

    @property
    def error(self) -> Float[np.ndarray, "example entry"]:
        """(x − x̂)²."""
        return np.square(self.event - self.rebuilt)


def view(model: Autoencoder, params: PyTree, source: Source, key: Key[Array, ""] | None = None) -> View:
    """The views of all events of a source. With a key, `shortfall` too; the model needs a prior then."""
    event, rebuilt, best, reached, code = per_example(partial(_view, model, params), source)
    bound = None if key is None else held_out_bound(model, params, key, source, SAMPLES)
    flat_event, flat_rebuilt = (x.reshape(len(x), -1) for x in (event, rebuilt))
    return View(flat_event, flat_rebuilt, best - reached, code, None if bound is None else best - bound)


@partial(jax.jit, static_argnums=0)
def _view(model: Autoencoder, params: PyTree, batch: Batch) -> tuple[Array, ...]:
    z = model.encode(params, batch.inputs, **batch.beside_inputs).mode
    rebuilt = model.decode(params, z, **batch.beside_code)
    mean = rebuilt.mean if batch.mask is None else jnp.where(batch.mask[..., None], rebuilt.mean, 0)
    best = log_prob_of_perfect(rebuilt, batch.targets, batch.mask)
    return batch.targets, mean, best, rebuilt.log_prob(batch.targets, mask=batch.mask), flat(z)


def log_prob_of_perfect(rebuilt: Distribution, x: Array, mask: Array | None = None) -> Float[Array, "example"]:
    """log p(x|x): what a reconstruction would get that is x itself; nats an event.

    Of entries between 0 and 1 taken as coins this is minus their entropy, so that faint grey is no anomaly.
    """
    if not isinstance(rebuilt, Bernoulli):
        return rebuilt.log_prob(rebuilt.mode, mask=mask)  # a normal distribution is as high wherever its mean is
    inside = jnp.clip(x, 1e-6, 1 - 1e-6)
    return Bernoulli(jnp.log(inside) - jnp.log1p(-inside)).log_prob(x, mask=mask)


def scores(views: Mapping[str, View]) -> dict[str, dict[str, np.ndarray]]:
    """Each score by its name and by the part of the data, of views of `train`, `validation` and any others.

    `error` is Σ (x − x̂)²; `standardised error` weighs each entry by how it errs on validation events, `Mahalanobis` the
    code by how it varies on training events. `outlier factor` is that of the event among the rebuilt training events.
    `deviance` and `shortfall` are those of `View`.
    """
    parts = {part: seen for part, seen in views.items() if part != "train"}
    found = {
        "error": {part: seen.error.sum(1, dtype=np.float64) for part, seen in parts.items()},
        "deviance": {part: seen.deviance.astype(np.float64) for part, seen in parts.items()},
        "standardised error": {
            part: standardised_error(views["validation"].error, None if part == "validation" else seen.error)
            for part, seen in parts.items()
        },
        "outlier factor": outlier_factor(views["train"].rebuilt, {part: seen.event for part, seen in parts.items()}),
        "Mahalanobis": {part: mahalanobis(views["train"].code, seen.code) for part, seen in parts.items()},
    }
    if views["train"].shortfall is not None:
        found["shortfall"] = {part: np.asarray(seen.shortfall, np.float64) for part, seen in parts.items()}
    return found


def standardised_error(held_out: np.ndarray, error: np.ndarray | None = None) -> Float[np.ndarray, "example"]:
    """The mean over the entries of the squared error, each in units of its mean over held-out normal events.

    Without `error`, that of the held-out events, each in units of the others: else they would look too normal beside
    new events. Both are `[example, entry]`. A tenth of the mean over all entries is added to each unit.
    """
    count, total = len(held_out), held_out.sum(0, dtype=np.float64)
    unit = (total - held_out) / (count - 1) if error is None else total / count
    error = held_out if error is None else error
    return (error / (unit + FLOOR * unit.mean(-1, keepdims=True))).mean(1)


def outlier_factor(rebuilt: np.ndarray, events: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The local outlier factor (Breunig et al. 2000) of events of several parts among rebuilt normal ones, 10 nearest.

    Reconstructions lie on the surface that the model has learnt. So this is the distance from that surface in units of
    how densely normal events lie on it nearby: an event is stranger where they are all alike.
    """
    from sklearn.neighbors import LocalOutlierFactor

    rebuilt = rebuilt[:MOST]
    nearest = min(NEIGHBOURS, len(rebuilt) - 1)
    factor = LocalOutlierFactor(n_neighbors=nearest, algorithm="brute", novelty=True).fit(rebuilt)
    return {part: -factor.score_samples(x).astype(np.float64) for part, x in events.items()}


def mahalanobis(normal: np.ndarray, code: np.ndarray) -> Float[np.ndarray, "example"]:
    """(z − μ)ᵀ Σ⁻¹ (z − μ) with mean and covariance of the codes of normal events (Mahalanobis 1936).

    Σ is that of the codes plus a millionth of its mean variance, so that a code that never varies divides by no 0.
    """
    normal = normal.astype(np.float64)
    covariance = np.atleast_2d(np.cov(normal.T))
    covariance += (1e-6 * np.trace(covariance) / len(covariance) + 1e-12) * np.eye(len(covariance))
    away = code - normal.mean(0)
    return (away * np.linalg.solve(covariance, away.T).T).sum(1)
