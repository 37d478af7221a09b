"""All scores of this room, of given codes or of a model."""

from functools import partial

import jax
import numpy as np
from jaxtyping import Array, Key

from aelab.data.arrays import take
from aelab.data.source import Source
from aelab.disentanglement.beta_vae import beta_vae
from aelab.disentanglement.dci import dci
from aelab.disentanglement.factor_vae import factor_vae
from aelab.disentanglement.mig import mig
from aelab.disentanglement.mig_sup import mig_sup
from aelab.disentanglement.modularity import modularity
from aelab.disentanglement.prepared import Codes, Factors
from aelab.disentanglement.sap import sap
from aelab.errors import DataError
from aelab.evaluation.conditions import Seen
from aelab.evaluation.estimate import Estimate, Undefined, by_parts, jackknife
from aelab.evaluation.scores import codes as posteriors
from aelab.latents import flat
from aelab.model import Autoencoder, PyTree

EVENTS = 10_000  # as disentanglement_lib takes
FEWEST = 100  # events, below which nothing is said; and of a part, below which no error is known
NUMBERS = 256  # of a code, at most: each is compared with each factor
NO_FACTORS = Undefined("the data have no known factors")


def every(codes: Codes, factors: Factors, *, seed: int = 0) -> dict[str, float]:
    """Every score by its name, each in [0, 1], of codes `[example, latent]` and factors `[example, factor]`.

    Raises:
        DataError: a number of a code is not finite, or no factor varies.
    """
    return counted(codes, factors) | learnt(codes, factors, seed=seed)


def counted(codes: Codes, factors: Factors) -> dict[str, float]:
    """Those that only count how often values come together."""
    return {score.__name__: score(codes, factors) for score in (mig, mig_sup, sap, modularity)}


def learnt(codes: Codes, factors: Factors, *, seed: int = 0) -> dict[str, float]:
    """Those that learn from some of the examples and are tested on others."""
    forests = dci(codes, factors, seed=seed)._asdict()
    asked = {score.__name__: score(codes, factors, seed=seed) for score in (factor_vae, beta_vae)}
    return {f"dci_{name}": value for name, value in forests.items()} | asked


def estimates(codes: Codes, factors: Factors, *, seed: int = 0) -> dict[str, Estimate]:
    """Every score with its standard error, from 10 disjoint parts of the examples.

    A bootstrap would mislead. An example that is drawn twice raises a mutual information, and may be on both sides
    of a classifier's split. So errors of what is counted come from leaving out a part at a time. What is learnt is
    learnt anew in each part; the questions that it is asked grow with the examples, so that a part asks a tenth of
    them.
    """
    found = jackknife(counted, (codes, factors), least=FEWEST, seed=seed)
    return found | by_parts(partial(learnt, seed=seed), (codes, factors), least=FEWEST, seed=seed)


def of_model(
    model: Autoencoder,
    params: PyTree,
    source: Source,
    key: Key[Array, ""],
    *,
    events: int = EVENTS,
    seen: Seen = lambda batch: batch,
) -> dict[str, Estimate] | Undefined:
    """Every score of the modes of q(z|x) of so many events of a source, drawn at random, with its standard error.

    The batches of the source hold `factors`, int `[example, factor]`. Without them, with fewer than 100 events and with
    codes of more than 256 numbers or of any that is not finite, no score is defined.
    """
    seed = int(jax.random.bits(key, dtype="uint32"))
    if "factors" not in source.get_batch(np.arange(1)):
        return NO_FACTORS
    count = min(events, len(source))
    if count < FEWEST:
        return Undefined(f"{count} events are too few to compare codes with factors; {FEWEST} would do")
    rows = np.random.default_rng(seed).permutation(len(source))[:count]
    chosen = take(source, np.sort(rows))
    z = flat(posteriors(model, params, chosen, count, seen).mode)
    if z.shape[1] > NUMBERS:
        return Undefined(f"a code has {z.shape[1]} numbers, more than the {NUMBERS} that are compared with factors")
    try:
        return estimates(np.asarray(z), _factors(chosen), seed=seed)
    except DataError as error:
        return Undefined(str(error))


def _factors(source: Source) -> Factors:
    """The factors of all events; their pictures are seen a thousand at a time and not kept."""
    rows = np.arange(len(source))
    return np.concatenate([source.get_batch(rows[i : i + 1000])["factors"] for i in range(0, len(rows), 1000)])
