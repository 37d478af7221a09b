"""Codes and known factors as all scores of this room take them."""

import numpy as np
from jaxtyping import Float, Int

from aelab.errors import DataError

Codes = Float[np.ndarray, "example latent"]
Factors = Int[np.ndarray, "example factor"]


def prepared(codes: Codes, factors: Factors) -> tuple[Codes, Factors]:
    """Codes in float64, and the values of each factor counted 0, 1, …; factors that do not vary are left out.

    Raises:
        DataError: a number of a code is not finite, or no factor varies.
    """
    codes = np.asarray(codes, np.float64)
    if not np.isfinite(codes).all():
        raise DataError("codes: some of their numbers are not finite, so nothing can be said of the factors in them")
    counted = [np.unique(values, return_inverse=True)[1] for values in np.asarray(factors).T]
    varying = [values for values in counted if len(values) and values.max() > 0]
    if not varying:
        raise DataError("factors: none of them varies over these examples; give more examples")
    return codes, np.stack(varying, 1)
