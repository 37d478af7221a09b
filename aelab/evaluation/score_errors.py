"""Standard errors of those scores of a split that are means over its examples."""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Array, Key

from aelab.batch import Batch
from aelab.data.source import Source
from aelab.evaluation.batches import per_example
from aelab.evaluation.estimate import mean, ratio
from aelab.evaluation.scores import of_each
from aelab.model import Autoencoder, PyTree


def score_errors(
    model: Autoencoder,
    params: PyTree,
    key: Key[Array, ""],
    source: Source,
    shown: Callable[[Batch], Batch] = lambda batch: batch,
) -> dict[str, float]:
    """The standard error of each score by its name, in its unit; none of a single example, of which nothing is known.

    Over other examples of the same kind, a score would typically differ by so much. Other seeds of the training are not
    in it.
    """
    found = per_example(lambda batch: of_each(model, params, key, shown(batch)), source)
    each = {name: values.astype(np.float64) for name, values in found.items()}
    entries = each.pop("entries")
    whole = {"mse": each["squared_error"]} | ({"bce": each.pop("bce")} if "bce" in each else {})
    if "rate" in each:
        each["elbo"] = -(each["distortion"] + each["rate"])
        whole["bits_per_dim"] = -each["elbo"] / math.log(2)
    errors = {name: mean(values).error for name, values in each.items()}
    errors |= {name: ratio(values, entries).error for name, values in whole.items()}
    return {name: error for name, error in sorted(errors.items()) if math.isfinite(error)}
