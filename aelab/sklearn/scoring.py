"""The methods of the estimator about p(x): how likely a row is, and from where on it is an outlier."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from aelab.evaluation import detection
from aelab.seeds import Purpose, key_for
from aelab.sklearn import reading
from aelab.sklearn.fitted import Fitted
from aelab.sklearn.scale import Table


def threshold(
    scores: Float[np.ndarray, "row"], aside: Bool[np.ndarray, "row"], contamination: float, alarms: float | None
) -> float:
    """The score below which a row is an outlier.

    Without `alarms`, the share `contamination` of all scores is below it. With it, it is the conformal threshold of the
    rows held out: a new row like these is below it with a chance of at most `alarms`.
    """
    if alarms is None:
        return float(np.percentile(scores, 100 * contamination))
    return -detection.threshold(-scores[aside], alarms)


class Scoring(Fitted):
    """Likelihoods, outliers and samples of a fitted estimator."""

    def score_samples(self, X: Any) -> Float[np.ndarray, "row"]:
        """A lower bound on log p(x) of each row: L_k with k = `score_draws`, in nats (Burda et al. 2016, eq. 8).

        It is a density in units of the table, of the observed entries of a row alone. Every row is scored with the
        same draws, so the bound of a row depends on nothing but the row.
        """
        return self._scores(self._read(X))

    def score(self, X: Any, y: Any = None) -> float:
        """The mean of `score_samples`: what a search over parameters makes large."""
        return float(self.score_samples(X).mean())

    def decision_function(self, X: Any) -> Float[np.ndarray, "row"]:
        """`score_samples` less the threshold `offset_`: below 0 for outliers; nats."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """-1 for outliers, 1 for all others."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def sample(self, n_samples: int = 1, random_state: Any = None) -> Table:
        """Rows drawn from the model, z ~ p(z) and x ~ p(x|z), in units of the table."""
        check_is_fitted(self)
        seed = int(check_random_state(random_state).randint(2**31 - 1))
        key = key_for(seed, Purpose.GENERATE)
        return self.scale_.restored(reading.samples(self.recipe_, self.state_.params, key, n_samples))

    def _scores(self, x: Table) -> Float[np.ndarray, "row"]:
        seen, key = self.scale_.seen(x), key_for(self.seed_, Purpose.EVALUATE)
        found = reading.bounds(self.recipe_, self.state_.params, key, seen, self.score_draws)
        return found.astype(np.float64) - self.scale_.log_volume(x)
