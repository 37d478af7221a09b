"""The parameters of another run, for one that starts from them: parts that fit are taken, the others start fresh."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aelab.batch import Hyper
from aelab.data.source import Splits
from aelab.errors import ConfigError
from aelab.experiment import Experiment
from aelab.model import PyTree
from aelab.runs.folder import Run
from aelab.runs.load import load
from aelab.seeds import key_shape
from aelab.training.initial import fresh_params


class Start(NamedTuple):
    """What a run takes from another."""

    path: str  # the other run
    params: PyTree  # nested dicts, of what was taken alone
    fresh: tuple[str, ...] = ()  # what is of other shapes here, as `decoder.Dense_1`
    left: tuple[str, ...] = ()  # what of the other run has no place here

    @property
    def said(self) -> str:
        """One line about what was not taken; "" where everything was."""
        parts = [f"{' '.join(self.fresh)}, of another shape here, which starts fresh"] if self.fresh else []
        parts += [f"{' '.join(self.left)}, which has no place here"] if self.left else []
        return f"--init-from {self.path}: all is taken but {' and '.join(parts)}" if parts else ""

    def child_of(self, run: Run) -> dict[str, Any]:
        """What the manifest of `run` says of the other: where it is as seen from it, and what was taken."""
        parent = Run(Path(self.path))
        beside = Path(os.path.relpath(parent.path.resolve(), run.path.resolve())).as_posix()
        made = parent.read("manifest.json")
        state = {name: made[name] for name in ("config_sha256", "params_sha256") if name in made}
        step = parent.read("status.json").get("step")
        return {"run": beside, "step": step, **state, "fresh": list(self.fresh), "left": list(self.left)}


def start_from(experiment: Experiment, splits: Splits, path: str) -> Start:
    """The parameters of another run, as far as their shapes are those of this experiment.

    Layers are held against each other by their names. Those of the parts in `Experiment.anew` are left out on both
    sides, and then all others must fit. So they must for `Experiment.start`, which gives what becomes of them.

    Raises:
        ConfigError: none of them fits this model, or not all where they must.
    """
    import jax

    mine = jax.eval_shape(lambda key: fresh_params(experiment, splits.spec, key, Hyper()), key_shape())
    theirs, mine = (_without(params, experiment.anew) for params in (load(path)[1], mine))
    taken, fresh = fitting(theirs, mine)
    left = fitting(mine, theirs)[1]
    whole = experiment.start or experiment.anew
    if not jax.tree.leaves(taken) or (whole and (fresh or left)):
        raise ConfigError(f"--init-from: the parameters of {path} do not fit this model; use the same net and sizes")
    if experiment.start:
        taken = experiment.start(experiment.model, taken, splits.train)
    return Start(path, taken, tuple(fresh), tuple(name for name in left if name not in fresh))


def fitting(theirs: PyTree, mine: PyTree, name: str = "") -> tuple[PyTree, list[str]]:
    """The layers of one tree of parameters that have the shapes of those of another, and the names of the others.

    A layer is a dict of arrays, and all of it fits or none. A part of which nothing fits is named as a whole.
    """
    import jax

    inner = isinstance(mine, Mapping) and any(isinstance(value, Mapping) for value in mine.values())
    if not inner or not isinstance(theirs, Mapping):
        fits = jax.tree.map(np.shape, theirs) == jax.tree.map(np.shape, mine)
        return (theirs, []) if fits else ({}, [name])
    taken, others, some = {}, [], False
    for key, value in mine.items():
        label = f"{name}.{key}" if name else "" if key == "model" else key
        found, missing = fitting(theirs[key], value, label) if key in theirs else ({}, [label] * bool(value))
        taken |= {key: found} if jax.tree.leaves(found) else {}
        some = some or bool(jax.tree.leaves(found))
        others += missing
    return taken, others if some or not name else [name]


def merged(fresh: PyTree, taken: PyTree) -> PyTree:
    """Parameters, with what was taken in its place."""
    if not isinstance(taken, Mapping) or not isinstance(fresh, Mapping):
        return taken
    return {**fresh, **{name: merged(fresh.get(name), value) for name, value in taken.items()}}


def _without(params: PyTree, parts: Sequence[str]) -> PyTree:
    """Parameters without those of some parts of the model and of networks beside it."""
    model = {name: own for name, own in params["model"].items() if name not in parts}
    return {name: own for name, own in params.items() if name not in parts} | {"model": model}
