"""The arrays behind a run's pictures; drawing them is the business of `figures`."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from aelab.batch import Batch
from aelab.data.source import Source, Spec
from aelab.data.to_batch import seen_condition
from aelab.distributions import Normal, Sparse
from aelab.evaluation import programs
from aelab.evaluation.batches import batches
from aelab.evaluation.conditions import Seen, decoder, with_condition
from aelab.evaluation.generation import generate
from aelab.evaluation.layered import decoded_noise, has_normal_layers, number_rates
from aelab.evaluation.scores import code_rates, codes, posterior
from aelab.evaluation.table_rows import as_tables
from aelab.latents import dims, flat, is_vector, layers, like, names, paths, some
from aelab.model import Autoencoder, PyTree

Arrays = dict[str, np.ndarray]
SHOWN = 12  # examples in a row of reconstructions, draws in a row of samples of a class
CLASSES = 20  # rows of samples of a class at most
MAPPED = 5000  # examples in a map of codes
DRAWS = 8  # completions of one event


def pictures(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    test: Source,
    seen: Seen = lambda batch: batch,
) -> dict[str, Arrays]:
    """All figures that make sense for the model, by name; `seen` gives batches their conditions."""
    shown, _ = next(batches(test, SHOWN))
    condition = with_condition(model, shown, seen).condition
    rebuilt = programs.rebuilt(model, params, shown.inputs, shown.mask, condition)
    sparse = isinstance(jax.eval_shape(lambda params: posterior(model, params, shown, seen), params), Sparse)
    q = codes(model, params, test, SHOWN if sparse else MAPPED, seen)
    z = jax.device_get(q.mode)
    decode = decoder(model, params, None if condition is None else condition[:1])  # that of the first example
    drawn = {
        "reconstructions": {"originals": visible(shown.inputs, shown.entries), "rebuilt": visible(rebuilt, shown.mask)},
    }
    if len(test) > 1:  # a line needs two events
        drawn["interpolations"] = {"events": interpolate(model, params, some(z, slice(SHOWN)), condition)}
    if is_vector(z) and not sparse:  # no plane shows codes of thousands of numbers, most of them 0
        drawn["codes"] = code_map(flat(z), test)
    prior = model.parts.prior
    if prior is not None and not model.conditional:
        drawn["samples"] = {"events": visible(*generate(model, params, key, jnp.arange(64), test.spec.lengths))}
    elif prior is not None and test.spec.condition == "label":
        drawn["class_samples"] = class_samples(model, params, key, test.spec)
    elif prior is not None:
        drawn["completions"] = completions(model, params, key, seen(shown))
    if isinstance(q, Normal) and isinstance(prior, Normal) and is_vector(z):
        drawn["traversals"] = traverse(decode, code_rates(model, params, test, prior, seen), z)
        if dims(z) == 2:
            drawn["manifold"] = manifold(decode)
    elif is_vector(z) and has_normal_layers(model, params, shown):
        rates = number_rates(model, params, key, test)
        drawn["traversals"] = traverse(partial(decoded_noise, model, params), rates, z)
    drawn = as_tables(drawn, test.spec)
    if test.spec.values == "unit":  # one scale for all, even where a normal likelihood overshoots
        for arrays in drawn.values():
            if "codes" not in arrays and "columns" not in arrays:
                arrays["limits"] = np.array([0.0, 1.0])
    return drawn


def visible(events: Array, mask: Array | None) -> np.ndarray:
    """Events as they are drawn: nothing where a series has ended, or nothing was observed."""
    shown = np.asarray(events)
    if mask is None:
        return shown
    there = np.asarray(mask)
    return np.where(there.reshape(there.shape + (1,) * (shown.ndim - there.ndim)), shown, np.nan)


def interpolate(model: Autoencoder, params: PyTree, z: PyTree, condition: Array | None = None) -> np.ndarray:
    """What lies on straight lines between the codes of neighbours: events `[line, step, *event]`.

    Their conditions, where they have any, go along straight lines too.
    """
    between = None
    if condition is not None:
        between = paths.lines(np.asarray(condition)).reshape(-1, *condition.shape[1:])
    return paths.decoded(decoder(model, params, between), paths.lines(z), 2)


def class_samples(model: Autoencoder, params: PyTree, key: Key[Array, ""], spec: Spec) -> Arrays:
    """Samples of each class in a row of its own, `[class, draw, *event]`, and the names of the classes.

    All rows have the same draws: with a prior that does not see the class, a column has one code.
    """
    count = min(len(spec.classes), CLASSES)
    labels, index = np.repeat(np.arange(count), SHOWN), np.tile(np.arange(SHOWN), count)
    condition = seen_condition(labels, spec)
    events = visible(*generate(model, params, key, jnp.asarray(index), spec.lengths, condition))
    return {"events": events.reshape(count, SHOWN, *events.shape[1:]), "rows": np.array(spec.classes[:count])}


def completions(model: Autoencoder, params: PyTree, key: Key[Array, ""], batch: Batch) -> Arrays:
    """Events, their conditions where those are events too, and several draws of p(x|condition) for each.

    What is not to be rebuilt stays as it is.
    """
    count, condition = len(batch.targets), jnp.asarray(batch.condition)
    given = jnp.repeat(condition, DRAWS, axis=0)
    mask = None if batch.mask is None else jnp.repeat(batch.mask, DRAWS, axis=0)
    made = programs.generated(model, params, key, jnp.arange(count * DRAWS), mask=mask, condition=given)
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
        z = principal_plane(z)
        method = "first two principal components"
    elif z.shape[1] == 1:
        z, method = np.column_stack([z, np.zeros_like(z)]), "the one code number"
    drawn = {"codes": z.astype(np.float32), "method": np.array(method)}
    labels = source.get_batch(np.arange(len(z))).get("label")
    if labels is not None:
        drawn |= {"labels": labels, "classes": np.array(source.spec.classes)}
    return drawn


def principal_plane(z: np.ndarray) -> np.ndarray:
    """The first two principal components of codes `[example, number]`; the largest weight of each is positive.

    Codes that are all alike, as those of one event or of a codebook that has collapsed, have none and lie at 0.
    """
    if not np.ptp(z, 0).any():
        return np.zeros((len(z), 2))
    centred = z - z.mean(0, dtype=np.float64)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1)
    return centred @ (axes * np.sign(largest)).T
