"""A folder that `aelab export` wrote, read again: config and spec in `config.json`, parameters in `model.safetensors`.

It has no checkpoint, no optimizer and no record of training, so it is a model and no run.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np

from aelab.config.json_form import misfit
from aelab.errors import CheckpointError, ConfigError
from aelab.runs import schema, untrusted
from aelab.runs.digests import digest
from aelab.runs.folder import WEIGHTS, Run

PyTree = Any


def described(run: Run) -> dict[str, Any]:
    """What the data was: the name, the spec and the splits.

    Raises:
        ConfigError: that part of the file does not have the right form.
    """
    data = run.read("config.json").get("data", {})
    if wrong := misfit(data, schema.Data, "data"):
        raise ConfigError(f"{run.path / 'config.json'}: {wrong}; export the run again")
    return data


def named(params: PyTree) -> dict[str, np.ndarray]:
    """Parameters by their paths: `encoder/Dense_0/kernel` of the model, `critic/…` of a network beside it."""
    leaves = jax.tree_util.tree_leaves_with_path(params)
    return {_name(path): np.asarray(leaf, order="C") for path, leaf in leaves}


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/").removeprefix("model/")


def parameters(run: Run, template: PyTree) -> PyTree:
    """The parameters of an exported folder, in the structure of `template`.

    Raises:
        CheckpointError: they are not those of the config, or not the bits that were exported.
    """
    path, wanted = run.path / WEIGHTS, named(template)
    stored = _stored(path)
    if unfit := _unfit(stored, wanted):
        raise CheckpointError(f"{path}: {unfit}; export the run again")
    found = jax.tree.unflatten(jax.tree.structure(template), [stored[name] for name in wanted])
    if digest(found) != run.read("config.json").get("params_sha256"):
        raise CheckpointError(f"{path}: its numbers are not those that were exported; copy it again")
    return found


def _stored(path: Path) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        untrusted.require_plain(path)
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: cannot be read ({str(error).splitlines()[0][:100]}); copy it again") from None


def _unfit(stored: Mapping[str, np.ndarray], wanted: Mapping[str, np.ndarray]) -> str:
    """Which parameter is missing, unknown or of another form; "" where all fit."""
    for name in sorted(stored.keys() | wanted.keys()):
        if name not in stored or name not in wanted:
            return f"{name} is {'missing' if name in wanted else 'unknown to the model of config.json'}"
        here, there = wanted[name], stored[name]
        if (here.shape, here.dtype) != (there.shape, there.dtype):
            return f"{name} is {there.dtype} {there.shape}, and the model of config.json has {here.dtype} {here.shape}"
    return ""
