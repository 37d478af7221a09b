"""All that a page holds of a run: its programs, some test events, and what is known of its codes."""

from pathlib import Path
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np

from aelab import data
from aelab.batch import Batch
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.evaluation.programs import encoded, rebuilt
from aelab.explore.codes import described
from aelab.explore.traced import programs
from aelab.explore.weights import Weights
from aelab.latents import names
from aelab.model import Autoencoder, PyTree
from aelab.runs.events import events
from aelab.runs.folder import Run
from aelab.runs.load import load, read_spec
from aelab.runs.own_scripts import Trust
from aelab.runs.same_data import require_same_data

MAPPED = 500  # test events whose codes are drawn on the map
SHOWN = 24  # of them, those that the page holds as they are
LARGE = 8 << 20  # bytes of weights as float32 from which on they are kept as float16
KINDS = {1: "vector", 2: "series", 3: "image"}  # by how many axes an event has


def contents(path: Path, which: Literal["last", "best"] = "last", *, trust: Trust = False) -> dict[str, Any]:
    """What the page of a run, or of an exported model, is made of, as JSON takes it.

    Raises:
        ConfigError: no run folder, other data than it was trained on, or a model that the page cannot run.
        CheckpointError: no checkpoint that verifies.
    """
    model, params, config = load(path, which, trust=trust)
    splits = data.load(config)
    if not (run := Run(path)).exported:
        require_same_data(run, splits)
    spec, test = splits.spec, splits.test
    if read_spec(run).shape != spec.shape:
        raise ConfigError(
            f"{path}: made for events of shape {read_spec(run).shape}, not {spec.shape}; give its own data"
        )
    index = np.linspace(0, len(test) - 1, min(MAPPED, len(test))).round().astype(int)  # from all over the split
    batch, labels = events(test, index), test.get_batch(index).get("label")
    q = encoded(model, params, batch.inputs, batch.mask, batch.condition)
    shown = spread_over(labels, len(index))
    weights = Weights(half=4 * sum(leaf.size for leaf in jax.tree.leaves(params["model"])) > LARGE)
    made = programs(model, params, spec, weights)
    found = {
        "title": path.resolve().name,
        "facts": f"{source_of(config.data)} · {config.net} · {spelt(spec.shape)}",
        "kind": KINDS[len(spec.shape)],
        "shape": list(spec.shape),
        "columns": list(spec.names),
        "programs": {name: program.as_json() for name, program in made._asdict().items()},
        "code": described(q, None if model.prior_by_example else model.parts.prior, names(q.mode)),
        "events": shown_events(batch, index, shown, weights),
        "labels": None if labels is None or not spec.classes else np.asarray(labels).tolist(),
        "classes": list(spec.classes),
        "condition": spec.side[0] if model.conditional else 0,
        "scale": scale(batch, shown, spec),
        "rounding": rounding(model, params, batch, shown) if weights.half else 0.0,
    }
    return found | {"weights": weights.as_json()}


def spread_over(labels: Any, count: int) -> np.ndarray:
    """Which events the page holds: as many of each class, in the order of the classes; without labels the first."""
    if labels is None:
        return np.arange(min(SHOWN, count))
    kinds = np.unique(labels)
    share = max(1, SHOWN // len(kinds))
    return np.concatenate([np.flatnonzero(labels == kind)[:share] for kind in kinds])[:SHOWN]


def shown_events(batch: Batch, index: np.ndarray, shown: np.ndarray, weights: Weights) -> dict[str, Any]:
    """Events as the model sees them, one weight each: their `number` in the split and among those on the map, and how
    many steps they have."""
    inputs = np.asarray(batch.inputs)
    length = None if batch.mask is None else np.asarray(batch.mask.sum(1))[shown].tolist()
    where = {"number": index[shown].tolist(), "mapped": shown.tolist()}
    return where | {"weight": [weights.add(inputs[i]) for i in shown], "length": length}


def scale(batch: Batch, shown: np.ndarray, spec: Spec) -> dict[str, Any]:
    """How values are drawn. `stored = seen * scale + shift`, by channel; `low` and `high` bound what is seen.

    Values in [0, 1] are drawn from 0 to 1. Others are drawn between the least and the largest of the shown events, with
    a tenth of that around them.
    """
    channels = spec.shape[-1] if len(spec.shape) > 1 else 1
    steps = {"scale": spec.scale, "shift": spec.shift} if len(spec.shape) > 1 else {"scale": 1.0, "shift": 0.0}
    found = {name: np.broadcast_to(step, channels).astype(float).tolist() for name, step in steps.items()}
    if spec.values == "unit":
        return found | {"low": 0.0, "high": 1.0}
    x = np.asarray(batch.inputs)[shown]
    there = x if batch.mask is None else x[np.asarray(batch.mask)[shown]]
    low, high = float(there.min()), float(there.max())
    margin = 0.1 * (high - low) or 1.0
    return found | {"low": low - margin, "high": high + margin}


def rounding(model: Autoencoder, params: PyTree, batch: Batch, shown: np.ndarray) -> float:
    """By how much a number of a reconstruction changes at most where the weights are rounded to float16."""
    halved = jax.tree.map(lambda w: w.astype(jnp.float16).astype(w.dtype) if w.size > Weights.SMALL else w, params)
    given = jax.tree.map(lambda rows: rows[shown], (batch.inputs, batch.mask, batch.condition))
    pair = [rebuilt(model, p, *given) for p in (params, halved)]
    return float(jnp.abs(pair[0] - pair[1]).max())


def source_of(data: str) -> str:
    """The set of a run without the folder that its files lie in, which is nobody's business elsewhere."""
    kind, colon, path = data.partition(":")
    return f"{kind}:{Path(path).name}" if colon and kind != "tfds" else data


def spelt(shape: tuple[int, ...]) -> str:
    """`28 × 28 × 1`."""
    return " × ".join(map(str, shape))
