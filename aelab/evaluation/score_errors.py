"""Standard errors of those scores of a split that are means over its examples."""

import math
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from aelab.evaluation.estimate import mean, ratio


def score_errors(examples: Mapping[str, Float[np.ndarray, "example"]]) -> dict[str, float]:
    """The standard error of each score by its name, in its unit, from what `scores.of_examples` gives.

    Over other examples of the same kind, a score would typically differ by so much. Other seeds of the training are not
    in it. Of a single example nothing is known, and there are none.
    """
    each = dict(examples)
    entries = each.pop("entries")
    whole = {"mse": each["squared_error"]} | ({"bce": each.pop("bce")} if "bce" in each else {})
    if "rate" in each:
        each["elbo"] = -(each["distortion"] + each["rate"])
        whole["bits_per_dim"] = -each["elbo"] / math.log(2)
    errors = {name: mean(values).error for name, values in each.items()}
    errors |= {name: ratio(values, entries).error for name, values in whole.items()}
    return {name: error for name, error in sorted(errors.items()) if math.isfinite(error)}
