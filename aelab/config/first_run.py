"""What a run of a user's own files does where nothing is said.

Twenty epochs are forty steps for two hundred pictures and plenty for sixty thousand. So a run of files of one's own
trains until it no longer improves, with batches that suit the size of the set, and learns the width of a normal
likelihood: with a standard deviation of 1, as of the data itself, a code hardly pays. Its optimizer is one that needs
no schedule, for nobody knows where the run will end. The named sets keep the numbers that their results were made with.
"""

import dataclasses
from collections.abc import Collection
from typing import Any, get_type_hints

from aelab.config.automatic import AUTO, planned
from aelab.config.fields import AnyConfig, Config
from aelab.config.json_form import misfit

VALUES: dict[str, Any] = {"epochs": AUTO, "batch_size": AUTO, "sigma": "learned", "optimizer": "schedule_free"}
TFDS = "tfds"


def own_files(data: str) -> bool:
    """Whether a set is files of a user's own: `kind:path`."""
    kind, colon, _ = data.partition(":")
    return bool(colon) and kind != TFDS


def values(config: Config) -> dict[str, Any]:
    """The defaults of this run that differ from those of its fields; none for a named set.

    How long a run is stays a number where something counts on it, as a schedule or `--patience`, and where no
    validation set could end it. The optimizer stays Adam beside a schedule or an average of the parameters, which
    do the same work, and where a part of the run goes by the newest parameters and not by their mean.
    """
    if not own_files(config.data) or config.continue_from:
        return {}
    hints = get_type_hints(type(config))
    fits = {name: value for name, value in VALUES.items() if not misfit(value, hints[name], name)}
    if planned(config) or config.patience or config.shard_parameters or not config.validation:
        fits.pop("epochs", None)
    if config.schedule != "constant" or config.ema or _has_followers(config):
        fits.pop("optimizer", None)
    return fits


def _has_followers(config: Config) -> bool:
    """Whether a part goes by the newest parameters: a critic, a codebook, directions that start anew."""
    critic = hasattr(config, "critic_lr") and getattr(config, "objective", "factor") == "factor"
    return critic or hasattr(config, "codebook") or hasattr(config, "dictionary")


def with_defaults(config: AnyConfig, given: Collection[str]) -> AnyConfig:
    """The config of a first run, but for the fields that were `given`."""
    return dataclasses.replace(config, **{name: value for name, value in values(config).items() if name not in given})
