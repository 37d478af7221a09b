"""Events as the model of a run sees them: for a notebook, and for whoever calls a model by hand."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import jax.numpy as jnp
import numpy as np

from aelab import data
from aelab.batch import Batch
from aelab.data.source import Source
from aelab.data.to_batch import to_batch
from aelab.errors import ConfigError
from aelab.runs.folder import Run
from aelab.runs.load import read_config
from aelab.runs.own_scripts import Trust

Split = Literal["train", "validation", "test"]


def events(
    source: Source | str | Path, indices: Iterable[int] | None = None, *, split: Split = "test", trust: Trust = False
) -> Batch:
    """Events of a set as a model sees them, float32: images, series of unequal length, vectors, tables with gaps.

        inputs = (stored - spec.shift) / spec.scale

    `source` is a split of a set, such as `aelab.data.load("digits").test`, or a run folder, whose `split` is read as
    the run read it. `indices` say which events, counted from 0; None is all of them, at once in memory. The rows keep
    their order.

    The result is a `Batch`. `inputs` has shape `(len(indices), *spec.shape)` and is 0 where nothing is. `mask`,
    `[event, time]`, says which steps of a series exist; it is None where all do. `counted` says which entries were
    observed, where some are missing. `condition` is what a conditional model is shown beside them. A model takes what
    it needs of these by `model.encode(params, batch.inputs, **batch.beside_inputs)`, and
    `model.decode(params, z, **batch.beside_code)`.

        batch = aelab.events("runs/vae/RUN", range(8))

    Raises:
        ConfigError: an index that the split does not have, or no run folder; `trust` is that of `aelab.load`.
        DataError: the data of the run is not here.
    """
    found = _split(Path(source), split, trust) if isinstance(source, str | Path) else source
    rows = np.arange(len(found)) if indices is None else np.fromiter(indices, np.int64)
    if outside := rows[(rows < 0) | (rows >= len(found))].tolist():
        raise ConfigError(f"indices: {outside[0]} is none of the {len(found)} events; give numbers from 0 on")
    index = jnp.arange(len(rows), dtype=jnp.int32)
    return to_batch(found.get_batch(rows), found.spec, weight=jnp.ones(len(rows)), index=index)


def _split(path: Path, split: Split, trust: Trust) -> Source:
    config, _ = read_config(Run(path), trust=trust)
    source = getattr(data.load(config), split)
    if source is None:
        raise ConfigError(f"split: {path} has no {split} events; choose another")
    return source
