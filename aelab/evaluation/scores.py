"""The scores of a split, per example and then averaged in float64.

What each is called, its unit and its meaning stand in `aelab.experiment.scores`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key

from aelab.batch import Batch, Hyper
from aelab.data.source import Source
from aelab.devices.compiled import compiled
from aelab.distributions import Bernoulli, Normal, layers_at, normal_kl_terms, sum_event
from aelab.evaluation.batches import joined, mean, mean_over, per_example
from aelab.evaluation.batches import parts as by_batch
from aelab.evaluation.bounds import held_out_bound
from aelab.evaluation.conditions import Seen, with_condition
from aelab.evaluation.own_scores import own_scores
from aelab.evaluation.programs import encoded
from aelab.experiment import Experiment
from aelab.experiment.player import recorded, recorded_losses
from aelab.experiment.scores import Score
from aelab.latents import Point as PointCode
from aelab.latents import flat
from aelab.model import Autoencoder, PyTree
from aelab.objectives import elbo, reconstruction
from aelab.seeds import key_named


def validate(
    experiment: Experiment,
    params: PyTree,
    extra: PyTree,
    key: Key[Array, ""],
    given: Iterable[tuple[Batch, int]],
    step: int,
    hyper: Hyper,
) -> dict[str, float]:
    """The losses of all players and their terms over batches given with how many rows are real; means in nats.

    Inputs are spoilt as in training, each example always in the same way. `extra` is what the objectives keep.
    """
    means = mean_over(lambda batch: _losses(experiment, params, extra, key, batch, jnp.int32(step), hyper), given)
    return {name: float(means[name]) for name in ("loss", *sorted(means.keys() - {"loss"}))}


@compiled(static_argnums=(0,))
def _losses(experiment: Experiment, params: PyTree, extra: PyTree, key, batch: Batch, step, hyper: Hyper):
    """Of each example; runs of one recipe share the compiled program."""
    spoil, own = experiment.corruption, {"step": step, "hyper": hyper, "extra": extra}
    batch = batch if spoil is None else spoil(key_named(key, "corruption"), batch, hyper)
    found = {name: loss(params, key, batch, **own) for name, loss in experiment.losses().items()}
    terms = recorded({name: loss.terms for name, loss in found.items()})
    return recorded_losses({name: loss.value for name, loss in found.items()}) | terms


def score(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    source: Source,
    *,
    samples: int = 0,
    shown: Callable[[Batch], Batch] = lambda batch: batch,
    own: Sequence[Score] = (),
    parts: Sequence[Mapping[str, np.ndarray]] | None = None,
) -> dict[str, float]:
    """All scores of a split that make sense for the model; `samples` is the k of L_k, 0 leaves it out.

    `shown` gives batches their conditions, and says what entries count if not all. The `own` scores come last. `parts`
    are those of `of_batches`, where they are known.

    Raises:
        ConfigError: a score of one's own whose function gives something else than numbers.
    """
    parts = of_batches(model, params, key, source, shown) if parts is None else parts
    means = {name: total / len(source) for name, total in _totals(parts).items()}
    entries = means.pop("entries")  # of an example, padding left out
    means["mse"] = means["squared_error"] / entries
    if "bce" in means:
        means["bce"] /= entries
    if "rate" in means:
        means["elbo"] = -(means["distortion"] + means["rate"])
        means["bits_per_dim"] = -means["elbo"] / (math.log(2) * entries)
        means |= code_scores(model, params, source, shown)
    if samples and "rate" in means:
        means[f"l_{samples}"] = float(held_out_bound(model, params, key, source, samples, shown).mean(dtype=np.float64))
    first = [name for name in ("elbo", f"l_{samples}", "distortion", "rate") if name in means]
    order = [*first, *sorted(means.keys() - set(first))]
    return {name: means[name] for name in order} | own_scores(model, params, key, source, own, shown)


def of_batches(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    source: Source,
    shown: Callable[[Batch], Batch] = lambda batch: batch,
) -> list[dict[str, np.ndarray]]:
    """What the scores are means of, for every example of each batch of a split: `[example]`."""
    return by_batch(lambda batch: of_each(model, params, key, shown(batch)), source)


def _totals(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, float]:
    """The sums over all examples, float64, batch after batch."""
    return {name: float(sum(part[name].astype(np.float64).sum() for part in parts)) for name in parts[0]}


def of_examples(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    source: Source,
    shown: Callable[[Batch], Batch] = lambda batch: batch,
) -> dict[str, np.ndarray]:
    """The same for every example of a split: float64, `[example]`."""
    return in_full(of_batches(model, params, key, source, shown))


def in_full(parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """What `of_batches` gives, joined along the examples: float64, `[example]`."""
    return {name: values.astype(np.float64) for name, values in joined(parts).items()}


@compiled(static_argnums=(0,))
def of_each(model: Autoencoder, params: PyTree, key, batch: Batch) -> dict[str, Array]:
    """What the scores are means of: each term of the loss, errors from the code's mode, and how many entries count.

    Runs of one recipe share the compiled program.
    """
    plain = model.parts.prior is None or isinstance(model.parts.posterior, PointCode)  # a point has no density
    objective = reconstruction if plain else elbo
    terms = objective(model, params, key, batch, step=0, hyper=Hyper()).terms
    q = model.encode(params, batch.inputs, **batch.beside_inputs)
    rebuilt = model.decode(params, q.mode, **batch.beside_code)
    values = dict(terms, squared_error=sum_event(jnp.square(batch.targets - rebuilt.mean), batch.entries))
    values["entries"] = sum_event(jnp.ones_like(batch.targets), batch.entries)
    if isinstance(rebuilt, Bernoulli):  # from the logits: finite where a probability rounds to 1
        values["bce"] = -rebuilt.log_prob(batch.targets, batch.entries)
    return values


def code_scores(
    model: Autoencoder, params: PyTree, source: Source, seen: Seen = lambda batch: batch
) -> dict[str, float]:
    """How many numbers of a code are in use, where all its layers are normal.

    Of a layer below another, the mean of a number is that given the mode of the layer above.
    """

    def moments(batch: Batch) -> tuple[np.ndarray, ...]:
        q = posterior(model, params, batch, seen)
        z = q.mode
        normal = all(isinstance(layer, Normal) for layer in layers_at(q, z))
        first = np.asarray(flat(z), np.float64) if normal else np.zeros((len(batch.inputs), 0))
        return first, np.square(first)

    first, second = mean(moments, source)
    return {"active_units": float((second - np.square(first) > 0.01).sum())} if first.size else {}


def posterior(model: Autoencoder, params: PyTree, batch: Batch, seen: Seen):
    """q(z|x) of a batch, whose condition `seen` gives where the set has none."""
    batch = with_condition(model, batch, seen)
    return encoded(model, params, batch.inputs, batch.mask, batch.condition)


def codes(model: Autoencoder, params: PyTree, source: Source, first: int, seen: Seen = lambda batch: batch):
    """q(z|x) of the first examples of a split, its arrays numpy's, with a row for each."""
    return per_example(lambda batch: posterior(model, params, batch, seen), source, first=first)


def flat_codes(model: Autoencoder, params: PyTree, source: Source) -> np.ndarray:
    """The mode of q(z|x) of every example of a split, `[example, number]`."""
    return flat(codes(model, params, source, len(source)).mode)


def code_rates(
    model: Autoencoder, params: PyTree, source: Source, prior: Normal, seen: Seen = lambda batch: batch
) -> np.ndarray:
    """KL of each number of a normal code against the prior, mean over a split; nats `[*code]`."""
    return mean(lambda batch: _kl_terms(posterior(model, params, batch, seen), prior), source)


_kl_terms = compiled()(normal_kl_terms)  # one program, where each of its operations would be one
