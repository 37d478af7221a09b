"""What the programs of an estimator depend on, and the experiment that it stands for.

Estimators of one recipe share their compiled programs; numbers such as the learning rate are traced.
"""

from functools import lru_cache
from typing import Any, NamedTuple

import jax
from jaxtyping import Array, Key

from aelab import latents, likelihoods, nets, objectives, priors
from aelab.batch import Batch, Hyper
from aelab.config import BoundOptions
from aelab.corruptions import masking
from aelab.data.source import Spec
from aelab.experiment import Experiment
from aelab.experiment.optimizers import optimizer
from aelab.model import Autoencoder
from aelab.nets import mlp

LIKELIHOODS = ("normal", "bounded_normal", "laplace", "student_t", "bernoulli", "continuous_bernoulli")
OBJECTIVES = ("elbo", "iwae", "dreg", "stl", "beta_tc", "dip_1", "dip_2", "info_vae", "wae_mmd")


class Recipe(NamedTuple):
    """Hashable: equal recipes have one experiment and one set of programs."""

    features: int  # columns of the table
    latent_dim: int
    widths: tuple[int, ...]  # hidden layers of the encoder; the decoder mirrors them
    activation: str
    likelihood: str  # of `LIKELIHOODS`
    objective: str  # of `OBJECTIVES`
    samples: int  # draws of the code for each row and step, of the objectives that take several
    schedule: str  # of the learning rate
    weight_decay: bool  # whether there is any
    masking: bool = False  # whether entries are hidden from the encoder

    @property
    def unit(self) -> bool:
        """Whether values are to lie in [0, 1], and so keep their units."""
        return likelihoods.menu[self.likelihood].values == "unit"

    @property
    def spec(self) -> Spec:
        """A row as the model sees it; entries that were not observed are NaN."""
        return Spec((self.features,), "float32", "unit" if self.unit else "real", missing=True)


@lru_cache(maxsize=256)
def experiment(recipe: Recipe) -> Experiment:
    """The variational autoencoder of a recipe, its objective and its optimizer: the parts that the scripts use too."""
    with jax.ensure_compile_time_eval():  # it is kept, so its arrays must not be those of a program being traced
        return _experiment(recipe)


def _experiment(recipe: Recipe) -> Experiment:
    options: Any = BoundOptions(samples=recipe.samples)
    likelihood = likelihoods.choose(recipe.likelihood, recipe.spec.values, sigma="learned")
    activation = nets.activations[recipe.activation]
    outputs = likelihoods.event_outputs(likelihood, recipe.spec.shape)
    return Experiment(
        model=Autoencoder(
            encoder=mlp.Encoder(recipe.widths, activation),
            posterior=latents.Gaussian(recipe.latent_dim),
            prior=priors.standard_normal(recipe.latent_dim),
            decoder=mlp.Decoder(outputs, recipe.widths[::-1], activation),
            likelihood=likelihood,
        ),
        corruption=_hiding if recipe.masking else None,
        objective=objectives.menu[recipe.objective](options, recipe.spec),
        optimizer=optimizer(
            "adam", schedule=recipe.schedule, warmup=False, weight_decay=recipe.weight_decay, clip=False
        ),
    )


def _hiding(key: Key[Array, ""], batch: Batch, hyper: Hyper) -> Batch:
    """A share `hyper.noise` of the entries is hidden from the encoder, and is to be rebuilt all the same."""
    return masking(key, batch, hyper.noise)
