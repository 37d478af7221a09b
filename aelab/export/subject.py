"""What is exported: a model with its parameters, and what its run says of itself."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp

from aelab.batch import Batch
from aelab.config import Config
from aelab.data.source import Spec
from aelab.experiment import Experiment, hyper
from aelab.experiment import scores as registry
from aelab.export.functions import Function, functions
from aelab.model import Autoencoder, PyTree
from aelab.runs.folder import Run
from aelab.runs.load import restore
from aelab.runs.own_scripts import Trust
from aelab.seeds import key_shape
from aelab.training.state import evaluated

Which = Literal["last", "best"]


class Subject(NamedTuple):
    """A model, its parameters, and the records of its run; a record that is missing is empty."""

    run: Run
    which: Which
    step: int
    model: Autoencoder
    params: PyTree
    config: Config
    spec: Spec
    side: tuple[int, ...] | None  # shape of a condition; None where there is none
    manifest: dict[str, Any]
    summary: dict[str, Any]

    @property
    def name(self) -> str:
        """Of the run folder."""
        return self.run.path.resolve().name

    @property
    def own(self) -> tuple[registry.Score, ...]:
        """The scores that its experiment adds to the usual ones."""
        return registry.from_json(self.manifest.get("own_scores") or [])

    @property
    def about(self) -> str:
        """The first line of what its script says of itself; "" where it says nothing."""
        said = sys.modules[type(self.config).__module__].__doc__ or ""
        return said.strip().partition("\n")[0]

    def functions(self) -> Iterator[Function]:
        """What the model does, as functions of arrays alone."""
        return functions(self.model, self.params, self.spec, self.side)


def read(path: Path, which: Which, trust: Trust) -> Subject:
    """The run at a path, with the parameters that were scored.

    Raises:
        ConfigError, CheckpointError: as `aelab.load`.
    """
    run = Run(path)
    found = restore(path, which, trust=trust)
    records = [run.read(name) for name in ("manifest.json", "summary.json")]
    params, side = evaluated(found.experiment, found.state), side_of(found.experiment, found.spec, found.config)
    step, model = int(found.state.step), found.experiment.model
    return Subject(run, which, step, model, params, found.config, found.spec, side, *records)


def side_of(experiment: Experiment, spec: Spec, config: Config) -> tuple[int, ...] | None:
    """The shape of a condition of one event: that of the set, or the one that the corruption makes."""
    corruption = experiment.corruption
    if spec.condition:
        return spec.side
    if corruption is None or not experiment.model.conditional:
        return None
    x = jnp.zeros((1, *spec.shape))

    def condition(key):
        return corruption(key, Batch(x, x), hyper(config, 1, 1)).condition

    return jax.eval_shape(condition, key_shape()).shape[1:]
