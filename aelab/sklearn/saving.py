"""A fitted estimator as a folder: `estimator.json` with its parameters, `arrays.npz` with its numbers. No pickle."""

import hashlib
import io
import json
from functools import partial
from pathlib import Path
from typing import Any, Self

import jax
import numpy as np
from sklearn.utils.validation import check_is_fitted

from aelab.batch import Hyper
from aelab.errors import CheckpointError
from aelab.runs.atomic import storing, write_atomically
from aelab.seeds import key_shape
from aelab.sklearn.fitted import Fitted
from aelab.sklearn.options import recipe_of
from aelab.sklearn.recipe import experiment
from aelab.sklearn.scale import Scale
from aelab.training.initial import made_from
from aelab.training.state import State

SCHEMA = 1
PLAIN = ("seed_", "offset_", "n_iter_", "n_features_in_", "loss_curve_", "validation_curve_")  # as JSON


class Saving(Fitted):
    """To a folder and back."""

    def save(self, path: str | Path) -> None:
        """Write the fitted estimator into a folder; its JSON comes last, and names the sha256 of the arrays.

        Raises:
            StorageError: it cannot be written.
        """
        check_is_fitted(self)
        folder, content = Path(path), io.BytesIO()
        np.savez(content, **_named(self.state_), **_named(self.scale_))
        about = {"schema": SCHEMA, "parameters": _parameters(self.get_params()), "fitted": _fitted(self)}
        about["arrays_sha256"] = hashlib.sha256(content.getvalue()).hexdigest()
        with storing(folder, "path"):
            folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / "arrays.npz", content.getvalue(), "path")
        write_atomically(folder / "estimator.json", json.dumps(about, indent=1).encode(), "path")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """The fitted estimator that `save` wrote into a folder.

        Raises:
            CheckpointError: it is no such folder, or not whole.
        """
        about, content = _read(Path(path))
        parameters, fitted, arrays = about["parameters"], about["fitted"], dict(np.load(io.BytesIO(content)))
        estimator = cls(**parameters | {"widths": tuple(parameters["widths"])})
        for name, value in fitted.items():
            setattr(estimator, name, np.array(value, object) if name == "feature_names_in_" else value)
        recipe = estimator.recipe_ = recipe_of(estimator.get_params(), fitted["n_features_in_"])
        estimator.scale_ = Scale(arrays["shift"], arrays["scale"])
        shapes = jax.eval_shape(partial(made_from, experiment(recipe), recipe.spec), key_shape(), Hyper())
        leaves = [arrays[name] for name in _named(shapes)]
        estimator.state_ = jax.tree.unflatten(jax.tree.structure(shapes), leaves)
        return estimator


def _read(folder: Path) -> tuple[dict[str, Any], bytes]:
    """What is in the JSON of a folder, and the bytes of its arrays."""
    try:
        about = json.loads((folder / "estimator.json").read_bytes())
        content = (folder / "arrays.npz").read_bytes()
        schema, digest = about["schema"], about["arrays_sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        raise CheckpointError(f"{folder}: is no folder that Autoencoder.save wrote; give one") from None
    if schema != SCHEMA:
        raise CheckpointError(f"{folder}: was written by a later version; install that version, or fit again")
    if hashlib.sha256(content).hexdigest() != digest:
        raise CheckpointError(f"{folder}: arrays.npz is not the file that was saved; copy or save it anew")
    return about, content


def _named(tree: State | Scale) -> dict[str, Any]:
    """The arrays of a tree by the way to them, such as `params/model/encoder/…`."""
    leaves = jax.tree.leaves_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}


def _parameters(given: dict[str, Any]) -> dict[str, Any]:
    """Parameters as JSON values; a generator of random numbers is left out, for its draws are done."""
    seed = given["random_state"]
    plain = given | {"random_state": seed if seed is None or hasattr(seed, "__index__") else None}
    return json.loads(json.dumps(plain, default=lambda value: value.item() if hasattr(value, "item") else list(value)))


def _fitted(estimator: Fitted) -> dict[str, Any]:
    found = {name: getattr(estimator, name) for name in PLAIN if hasattr(estimator, name)}
    names = getattr(estimator, "feature_names_in_", None)
    return found if names is None else {**found, "feature_names_in_": names.tolist()}
