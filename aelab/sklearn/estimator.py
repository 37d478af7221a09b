"""The estimator itself: its parameters, how it is fitted, and codes in and out."""

from typing import Any, Self

import numpy as np
from sklearn.base import ClassNamePrefixFeaturesOutMixin, OutlierMixin, TransformerMixin
from sklearn.utils import check_array, check_random_state
from sklearn.utils.validation import check_is_fitted

from aelab.batch import Hyper
from aelab.errors import DataError
from aelab.sklearn import fitting, options, reading
from aelab.sklearn.imputing import Imputing
from aelab.sklearn.saving import Saving
from aelab.sklearn.scale import Table, standardising, units
from aelab.sklearn.scoring import Scoring, threshold
from aelab.sklearn.splitting import held_out


class Autoencoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, OutlierMixin, Scoring, Imputing, Saving):
    """A variational autoencoder of the rows of a table (Kingma and Welling 2014, arXiv:1312.6114).

    NaN says that an entry was not observed. The bound is then that of the observed entries (MIWAE: Mattei and Frellsen
    2019, arXiv:1812.02633, eq. 4, with `objective="iwae"`).

    Args:
        latent_dim: Numbers in a code.
        widths: Units of the encoder's hidden layers; the decoder mirrors them.
        activation: Of these layers, by its name in `aelab.nets.activations`.
        likelihood: p(x|z): "normal", "laplace" and "student_t" have one learned scale, "bounded_normal" one of each
            entry; "bernoulli" and "continuous_bernoulli" are for values in [0, 1].
        objective: What is minimised, by its name in `aelab.objectives.menu`.
        samples: Draws of the code for each row and step, of the objectives that take several ("iwae", "dreg", "stl").
        beta: Weight of the rate in the ELBO.
        epochs: Passes over the table; with patience, at most so many.
        batch_size: Rows of a step.
        lr: Peak learning rate of Adam, falling to 0 along a cosine.
        weight_decay: Decoupled weight decay.
        masking: Share of the entries that each step hides from the encoder, by chance, and that are to be rebuilt all
            the same (denoising: Vincent et al. 2008; Im et al. 2017, arXiv:1511.06406).
        standardise: Whether the model sees columns of mean 0 and variance 1; values in [0, 1] stay as they are for a
            likelihood that is for those.
        patience: Epochs without a better loss of held-out rows after which to stop; 0 trains all epochs on all rows.
        validation: Share of the rows that is held out, for `patience` and `alarms`.
        contamination: Share of the rows of `fit` that `predict` calls outliers, where `alarms` is None.
        alarms: A chance: `predict` calls a new row like those of `fit` an outlier with at most this chance. The
            threshold comes from held-out rows (conformal: Vovk, Gammerman and Shafer 2005).
        score_draws: k of the bound L_k that `score_samples` gives.
        warm_start: Whether `fit` goes on from the parameters of the last `fit`, in its units.
        random_state: A seed, a generator, or None.
    """

    def __init__(
        self,
        latent_dim: int = 8,
        *,
        widths: tuple[int, ...] = (128, 64),
        activation: str = "gelu",
        likelihood: str = "normal",
        objective: str = "elbo",
        samples: int = 1,
        beta: float = 1.0,
        epochs: int = 100,
        batch_size: int = 64,
        lr: float = 2e-3,
        weight_decay: float = 0.0,
        masking: float = 0.0,
        standardise: bool = True,
        patience: int = 0,
        validation: float = 0.1,
        contamination: float = 0.1,
        alarms: float | None = None,
        score_draws: int = 64,
        warm_start: bool = False,
        random_state: Any = None,
    ):
        self.latent_dim = latent_dim
        self.widths = widths
        self.activation = activation
        self.likelihood = likelihood
        self.objective = objective
        self.samples = samples
        self.beta = beta
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.masking = masking
        self.standardise = standardise
        self.patience = patience
        self.validation = validation
        self.contamination = contamination
        self.alarms = alarms
        self.score_draws = score_draws
        self.warm_start = warm_start
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train on the rows of a table; `y` is not looked at.

        Raises:
            ConfigError: a parameter is out of its bounds.
            DataError: a column holds no value, values are not those of the likelihood, or rows are too few.
            NonFiniteError: the loss became NaN or infinite.
        """
        options.check(self.get_params())
        going_on = self.warm_start and hasattr(self, "state_")
        x = self._begin(X, fresh=not going_on)
        aside = (
            held_out(len(x), self.validation, self.seed_) if self.patience or self.alarms else np.zeros(len(x), bool)
        )
        numbers = self._numbers(self.epochs * -(-(~aside).sum() // self.batch_size))
        start = fitting.again(self.recipe_, self.state_, numbers) if going_on else None
        self._train(self.scale_.seen(x[~aside]), self.scale_.seen(x[aside]), numbers, start)
        self.offset_ = threshold(self._scores(x), aside, self.contamination, self.alarms)
        return self

    def partial_fit(self, X: Any, y: Any = None) -> Self:
        """One more pass, over the rows of this table, at the full learning rate; the first table sets the units.

        The threshold of `predict` comes from the last table alone, by `contamination`.
        """
        options.check(self.get_params())
        begun = hasattr(self, "state_")
        x = self._begin(X, fresh=not begun)
        plan = fitting.Plan(1, self.batch_size, seed=self.seed_)
        recipe, numbers = self.recipe_._replace(schedule="constant"), self._numbers(1)
        seen = self.scale_.seen(x)
        found = fitting.fit(recipe, seen, seen[:0], plan, numbers, self.state_ if begun else None)
        self._keep(found, [*getattr(self, "loss_curve_", []), *found.loss])
        self.offset_ = threshold(self._scores(x), np.zeros(len(x), bool), self.contamination, None)
        return self

    def transform(self, X: Any) -> np.ndarray:
        """The code of each row, the mean of q(z|x): `[row, latent_dim]`."""
        x = self._read(X)
        return reading.codes(self.recipe_, self.state_.params, self.scale_.seen(x)).astype(x.dtype)

    def inverse_transform(self, X: Any) -> np.ndarray:
        """The row that each code stands for, the mean of p(x|z), in units of the table: `[row, feature]`."""
        check_is_fitted(self)
        z = check_array(X, dtype=[np.float64, np.float32])
        if z.shape[1] != self.latent_dim:
            raise DataError(f"X: {z.shape[1]} columns, and a code has {self.latent_dim}; give what transform gives")
        return self.scale_.restored(reading.decoded(self.recipe_, self.state_.params, z)).astype(z.dtype)

    def _begin(self, X: Any, *, fresh: bool) -> Table:
        """The table; where training starts afresh, also its units, the recipe and the seed."""
        x = self._read(X, reset=fresh)
        if fresh:
            self.recipe_ = options.recipe_of(self.get_params(), x.shape[1])
            self.scale_ = standardising(x) if self.standardise and not self.recipe_.unit else units(x.shape[1])
            self.seed_ = int(check_random_state(self.random_state).randint(2**31 - 1))
        return x

    def _numbers(self, steps: int) -> Hyper:
        return Hyper(lr=self.lr, steps=steps, beta=self.beta, weight_decay=self.weight_decay, noise=self.masking)

    def _train(self, seen: Table, aside: Table, numbers: Hyper, start: Any) -> None:
        plan = fitting.Plan(self.epochs, self.batch_size, self.patience, self.seed_)
        found = fitting.fit(self.recipe_, seen, aside, plan, numbers, start)
        self._keep(found, found.loss)
        self.validation_curve_ = found.held_out_loss

    def _keep(self, found: fitting.Fitted, losses: list[float]) -> None:
        self.state_, self.loss_curve_, self.n_iter_ = found.state, losses, len(losses)

    @property
    def _n_features_out(self) -> int:
        return self.latent_dim

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags
