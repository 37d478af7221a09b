"""Codes to sample from: drawn from a density that is fitted to the codes of a run's training events."""

from typing import Any

from aelab.data.source import Spec
from aelab.errors import ConfigError

COMPONENTS = 10  # of the mixture, as in Ghosh et al. 2020, arXiv:1903.12436
NAMES = {
    "normal": "Gaussian",
    "mixture": "mixture",
    "flow": "flow",
}  # of `--density`, as `evaluation.densities` calls them


def fitted_codes(
    run: Any, model: Any, params: Any, config: Any, spec: Spec, density: str, count: int, seed: int
) -> Any:
    """So many codes, for a run of any kind: a plain autoencoder too then makes events up (Ghosh et al., section 4).

    Raises:
        ConfigError: the run has a condition, or its data has changed since.
    """
    from aelab import data
    from aelab.evaluation import densities
    from aelab.evaluation.programs import code_form
    from aelab.latents import like
    from aelab.runs.same_data import require_same_data

    if model.conditional:
        raise ConfigError("--density: this run has a condition, and codes are fitted without one; leave it out")
    splits = data.load(config)
    require_same_data(run, splits)
    codes = densities.training_codes(model, params, splits.train, seed)
    drawn = densities.draw(NAMES[density], codes, count, COMPONENTS, seed)
    return like(drawn.astype("f4"), code_form(model, params, spec.shape))
