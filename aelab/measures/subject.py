"""The run that is measured: its model, its parameters, its data, and how it is asked."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Array, Key

from aelab import data
from aelab.batch import Batch
from aelab.config import Config
from aelab.data.source import Source, Splits
from aelab.errors import CheckpointError, ConfigError
from aelab.evaluation.estimate import Estimate
from aelab.evaluation.scores import of_examples
from aelab.experiment import Experiment, hyper
from aelab.experiment.scores import find
from aelab.measures.measure import Measured
from aelab.model import Autoencoder, PyTree
from aelab.runs.digests import digest
from aelab.runs.folder import Run
from aelab.runs.load import read_config, read_state, rebuild
from aelab.runs.own_scripts import Trust
from aelab.runs.same_data import require_same_data
from aelab.seeds import Purpose, key_for
from aelab.training.state import evaluated


class Asked(NamedTuple):
    """How a run is measured."""

    split: Literal["test", "validation"] = "test"
    samples: int = 100  # k of L_k, 0 leaves it out
    seed: int | None = None  # of all draws; None takes the run's own
    full: bool = False  # every group, not the quick ones alone
    truth: int = 100  # events whose log p(x) is bounded from both sides
    against: str = ""  # a set that the model is to tell from its own


class Subject:
    """A finished run, and the split it is measured on.

    The draws are those of the run's own scores where no other seed is asked for, so the same numbers come out.
    """

    def __init__(self, run: Run, config: Config, experiment: Experiment, params: PyTree, splits: Splits, asked: Asked):
        self.run, self.config, self.experiment, self.params = run, config, experiment, params
        self.splits, self.asked = splits, asked
        self.seed = config.seed if asked.seed is None else asked.seed

    @property
    def model(self) -> Autoencoder:
        """The trained model."""
        return self.experiment.model

    @property
    def source(self) -> Source:
        """The split that is measured."""
        return getattr(self.splits, self.asked.split)

    @cached_property
    def checkpoint(self) -> str:
        """sha256 of the parameters, as `summary.json` has it."""
        return digest(self.params)

    @cached_property
    def key(self) -> Key[Array, ""]:
        """That all draws are made from."""
        return key_for(self.seed, Purpose.EVALUATE)

    @cached_property
    def shown(self) -> Callable[[Batch], Batch]:
        """Gives batches the condition that a model needs, as for the scores of the run."""
        return self.experiment.shown(self.key, hyper(self.config, 1, 1))

    @cached_property
    def examples(self) -> dict[str, np.ndarray]:
        """What the scores of the run are means of, for every example of the split; several groups read it."""
        return of_examples(self.model, self.params, self.key, self.source, self.shown)

    def measured(self, name: str, found: Estimate, *, k: int | None = None, meaning: str = "") -> Measured:
        """A number with what the registry says of it, or a `meaning` that is more exact."""
        score = find(name, self.experiment.scores)
        said = meaning or score.meaning
        where = (self.asked.split, k, self.seed, self.checkpoint)
        return Measured(name, found.value, found.error, found.n, *where, score.unit, score.direction, said)


def read(path: Path, asked: Asked, *, trust: Trust = False) -> Subject:
    """The subject of a run folder, its data included.

    Raises:
        ConfigError: not a run folder, not finished, without the split that is asked for, or its data has changed.
        DataError: its data is not here.
        CheckpointError: no checkpoint that verifies, or not the one that was scored.
    """
    run = Run(path)
    run.require_run()
    config, build = read_config(run, trust=trust)
    if not run.finished:
        raise ConfigError(f"{path}: not finished, so there is nothing to measure yet; give its command again")
    splits = data.load(config)
    require_same_data(run, splits)
    if getattr(splits, asked.split) is None:
        raise ConfigError(f"--split {asked.split}: {splits.name} has none, as --validation held out nothing; use test")
    experiment, blank = rebuild(run, config, build, splits.spec)
    params = evaluated(experiment, read_state(run, blank).state)
    subject = Subject(run, config, experiment, params, splits, asked)
    if subject.checkpoint != run.read("summary.json", "params_sha256")["params_sha256"]:
        raise CheckpointError(f"{path}: its newest good checkpoint is not the one that was scored; see aelab verify")
    return subject
