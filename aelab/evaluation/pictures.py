"""The arrays behind a run's pictures; drawing them is the business of `figures`."""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.distributions import Normal
from aelab.evaluation import programs
from aelab.evaluation.batches import batches
from aelab.evaluation.generation import generate
from aelab.evaluation.layered import decoded_noise, has_normal_layers, number_rates
from aelab.evaluation.scores import code_rates, codes
from aelab.latents import dims, flat, is_vector, layers, like, names, paths, some
from aelab.model import Autoencoder, PyTree

Arrays = dict[str, np.ndarray]
SHOWN = 12  # examples in a row of reconstructions
MAPPED = 5000  # examples in a map of codes
DRAWS = 8  # completions of one event


def pictures(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    test: Source,
    seen: Callable[[Batch], Batch] = lambda batch: batch,
) -> dict[str, Arrays]:
    """All figures that make sense for the model, by name; `seen` gives batches their conditions."""
    shown, _ = next(batches(test, SHOWN))
    rebuilt = programs.rebuilt(model, params, shown.inputs, shown.mask)
    q = codes(model, params, test, MAPPED)
    z = jax.device_get(q.mode)
    decode = partial(programs.decoded, model, params)
    drawn = {
        "reconstructions": {"originals": visible(shown.inputs, shown.entries), "rebuilt": visible(rebuilt, shown.mask)},
    }
    if len(test) > 1:  # a line needs two events
        drawn["interpolations"] = {"events": interpolate(decode, some(z, slice(SHOWN)))}
    if is_vector(z):
        drawn["codes"] = code_map(flat(z), test)
    if model.prior_by_example:
        drawn["completions"] = completions(model, params, key, seen(shown))
    elif model.parts.prior is not None:
        drawn["samples"] = {"events": visible(*generate(model, params, key, jnp.arange(64), test.spec.lengths))}
    prior = model.parts.prior
    if isinstance(q, Normal) and isinstance(prior, Normal) and is_vector(z):
        drawn["traversals"] = traverse(decode, code_rates(model, params, test, prior), z)
        if dims(z) == 2:
            drawn["manifold"] = manifold(decode)
    elif is_vector(z) and has_normal_layers(model, params, shown):
        rates = number_rates(model, params, key, test)
        drawn["traversals"] = traverse(partial(decoded_noise, model, params), rates, z)
    if test.spec.values == "unit":  # one scale for all, even where a normal likelihood overshoots
        for arrays in drawn.values():
            if "codes" not in arrays:
                arrays["limits"] = np.array([0.0, 1.0])
    return drawn


def visible(events: Array, mask: Array | None) -> np.ndarray:
    """Events as they are drawn: nothing where a series has ended, or nothing was observed."""
    shown = np.asarray(events)
    if mask is None:
        return shown
    there = np.asarray(mask)
    return np.where(there.reshape(there.shape + (1,) * (shown.ndim - there.ndim)), shown, np.nan)


def interpolate(decode, z: PyTree) -> np.ndarray:
    """What lies on straight lines between the codes of neighbours: events `[line, step, *event]`."""
    return paths.decoded(decode, paths.lines(z), 2)


def completions(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch) -> Arrays:
    """Events, their conditions where those are events too, and several draws of p(x|condition) for each.

    What is not to be rebuilt stays as it is.
    """
    count, condition = len(batch.targets), jnp.asarray(batch.condition)
    given = jnp.repeat(condition, DRAWS, axis=0)
    made = programs.generated(model, params, key, jnp.arange(count * DRAWS), condition=given)
    made = made.reshape(count, DRAWS, *made.shape[1:])
    if batch.counted is not None:
        made = jnp.where(batch.counted[:, None], made, batch.targets[:, None])
    drawn = {"originals": np.asarray(batch.targets), "events": np.asarray(made)}
    return drawn | ({"inputs": np.asarray(condition)} if condition.shape == batch.targets.shape else {})


def traverse(decode, rates: np.ndarray, form: PyTree, most: int = 10) -> Arrays:
    """Each code number moved across the prior, all others at its mean, largest KL first.

    `rates` are in nats `[number]` of a flat code, `form` is a code like those that are decoded.
    """
    order = np.argsort(-rates, kind="stable")[:most]
    z = like(paths.traversals(np.zeros((1, len(rates)), np.float32), order)[0], form)
    drawn = {"events": paths.decoded(decode, z, 2), "values": paths.moved(), "kl": rates[order], "dims": order}
    return drawn if len(layers(form)) == 1 else drawn | {"names": np.array(names(form))[order]}


def manifold(decode, side: int = 20) -> Arrays:
    """The plane of a two-number code, decoded on a grid: events `[row, column, *event]`, z2 falling by row."""
    values = paths.moved(side)
    z = np.stack(np.meshgrid(values, values[::-1]), -1)
    return {"events": paths.decoded(decode, z, 2), "values": values}


def code_map(z: np.ndarray, source: Source) -> Arrays:
    """Codes in two dimensions, by principal components where they have more, with their labels."""
    method = "the two code numbers"
    if z.shape[1] > 2:
        from sklearn.decomposition import PCA

        one = len(z) == 1  # and has no components
        z = np.zeros((1, 2)) if one else PCA(2, svd_solver="full").fit_transform(z)
        method = "first two principal components"
    elif z.shape[1] == 1:
        z, method = np.column_stack([z, np.zeros_like(z)]), "the one code number"
    drawn = {"codes": z.astype(np.float32), "method": np.array(method)}
    labels = source.get_batch(np.arange(len(z))).get("label")
    if labels is not None:
        drawn |= {"labels": labels, "classes": np.array(source.spec.classes)}
    return drawn
