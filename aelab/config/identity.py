"""Which settings make a run what it is: the fields that are stored, the hash over them, and the name of the folder."""

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aelab.config.automatic import AUTO
from aelab.config.fields import Config
from aelab.config.markers import before

# How a run is carried out, not what it computes: stands in the manifest, and in no name and no comparison of configs.
HOW = frozenset(
    {"runs_dir", "parallel", "devices", "deterministic", "chunk", "resident_mib", "accumulate", "remat"}
    | {
        "shard_parameters",
        "model_parallel",
        "workers",
        "save_every",
        "eval_every",
        "keep",
        "rounds",
        "figures",
        "track",
    }
)

# Which processes carry a run out together.
JOINING = frozenset({"coordinator", "process_id", "num_processes", "join_timeout"})

# What to do with a config: not part of a run at all.
LAUNCH = frozenset({"config", "continue_from", "json", "dry_run", "until"}) | JOINING


def stored(config: Any) -> dict[str, Any]:
    """The fields of `config.json`, as JSON values: all that may change results beyond rounding, and the seed."""
    counted = getattr(config, "patience", 0) or getattr(config, "epochs", 0) == AUTO  # both count evaluations
    how = HOW - {"eval_every"} if counted else HOW
    fields = _fields(config, lambda name: name not in how | LAUNCH)
    younger = before(type(config))
    return {name: value for name, value in fields.items() if name not in younger or value != younger[name]}


def how(config: Config) -> dict[str, Any]:
    """The other fields, for the manifest."""
    return _fields(config, lambda name: name in HOW)


def _fields(config: Any, wanted: Callable[[str], bool]) -> dict[str, Any]:
    fields = {f.name: getattr(config, f.name) for f in dataclasses.fields(config) if wanted(f.name)}
    return json.loads(json.dumps(fields, default=str))


def identity(script: str, config: Any) -> str:
    """Eight hex digits of the sha256 of the script's name and `stored`, the seed left out."""
    hashed = {"experiment": script, **stored(config)}
    hashed.pop("seed", None)
    return hashlib.sha256(json.dumps(hashed, sort_keys=True).encode()).hexdigest()[:8]


def run_name(script: str, config: Config) -> str:
    """`<data>-<net>-<code>-<identity>-s<seed>`, of [a-z0-9_.-] alone; `<code>` is what the config calls it, as z16."""
    label = f"{data_label(config.data)}-{config.net}-{config.code_label}".lower()
    return f"{re.sub(r'[^a-z0-9_.-]', '_', label)}-{identity(script, config)}-s{config.seed}"


def data_label(data: str) -> str:
    """A set's name in the name of a run: of a path no more than its last part, `npz:~/cells/A.npz` is `npz.A`."""
    kind, colon, rest = data.partition(":")
    if colon and kind != "tfds":
        rest = Path(rest).name
        rest = rest.split(".")[0] or rest
    return f"{kind}.{rest}"[:48] if colon else kind
