"""What the methods of the estimator share: what fitting leaves behind, and how a table is read."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted, validate_data

from aelab.errors import DataError
from aelab.sklearn.options import recipe_of
from aelab.sklearn.recipe import Recipe
from aelab.sklearn.scale import Scale, Table
from aelab.training.state import State


class Fitted(BaseEstimator):
    """The base of the estimator and of the files that its methods stand in."""

    recipe_: Recipe
    scale_: Scale
    state_: State  # parameters and optimizer, numpy arrays
    seed_: int
    offset_: float  # the score below which a row is an outlier
    score_draws: int

    def _read(self, X: Any, *, reset: bool = False) -> Table:
        """A table as float32 or float64, NaN where an entry was not observed; `reset` where it is to be fitted."""
        if not reset:
            check_is_fitted(self)
        kinds: Any = [np.float64, np.float32]
        x = validate_data(self, X, dtype=kinds, ensure_all_finite="allow-nan", reset=reset)
        missing = np.isnan(x)
        if reset and missing.all(0).any():
            raise DataError(f"X: column {missing.all(0).argmax()}, counted from 0, holds no value; drop it")
        recipe = recipe_of(self.get_params(), x.shape[1]) if reset else self.recipe_
        outside = (x < 0) | (x > 1)  # NaN is neither
        if recipe.unit and outside.any():
            raise DataError(
                f"X: {recipe.likelihood} needs values in [0, 1], and these are not; try likelihood='normal'"
            )
        return x
