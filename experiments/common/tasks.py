"""What the task scripts share: the settings of their runs, and the table that is kept beside the runs."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from aelab.config import (
    Activation,
    AnyConfig,
    Config,
    Count,
    NetName,
    NonNegative,
    Positive,
    Seed,
    flag,
    identity,
    stored,
)
from aelab.errors import ConfigError
from aelab.report import tables

from .needs import Needs, require

LOSSES = {"unit": "bernoulli", "real": "normal"}  # the likelihood that fits events in [0, 1], and any others


@dataclass(frozen=True)
class Task:
    """One table: several runs of one net on one set, once per seed, and what they are held against."""

    data: str = "tfds:mnist"  # a set by name, or your own: images:FOLDER, npz:FILE, npy: csv: ts: idx: tfds:
    net: NetName = "mlp"  # architecture of the encoder and the decoder
    activation: Activation = "gelu"  # of hidden layers
    widths: tuple[Count, ...] = (512, 256)  # mlp: hidden layers of the encoder; the decoder mirrors them
    channels: tuple[Count, ...] = (32, 64)  # conv: of each stage, which halves every axis; the decoder mirrors them
    width: Count = 128  # lstm, transformer: of the state or the tokens
    patch: Count = 7  # side of a transformer's tokens on images; on series, every step is a token
    latent_dim: Count = 32  # numbers in a code
    epochs: Count = 10  # passes over the training set
    batch_size: Count = 128  # examples per step
    lr: Positive = 1e-3  # peak learning rate, falling to 0 along a cosine
    weight_decay: NonNegative = 0.0  # decoupled
    seeds: tuple[Seed, ...] = (0,)  # each repeats all of the table's runs
    config: str = ""  # file of settings, YAML or JSON, or another table's table.json; flags win
    runs_dir: Path = Path("runs")  # where the run folders and the table go
    workers: Count = 1  # runs trained at a time, each on a core of its own
    smoke: bool = False  # two steps of tiny models on digits: does it run?
    json: bool = False  # print the table as one line of JSON

    def run_config(self, kind: type[AnyConfig], **own: Any) -> AnyConfig:
        """The config of one run: what it shares with the table, and its `own` fields, which win."""
        names = {field.name for field in dataclasses.fields(self)} & {
            field.name for field in dataclasses.fields(Config)
        }
        shared = {name: getattr(self, name) for name in names - {"json"}}
        series = own.pop("series", False)
        image = own.get("net", self.net) == "transformer" and not series
        shared |= {"schedule": "cosine", "patch": self.patch if image else 0}
        shared["optimizer"] = "adamw" if self.weight_decay else "adam"
        return kind(**{**shared, **own})


class Tabled(Protocol):
    """The settings of any script that keeps a table: where, and how it is printed."""

    @property
    def runs_dir(self) -> Path: ...

    @property
    def json(self) -> bool: ...


def smoke(task: Task, **own: Any) -> Any:
    """The same table at a size that only shows that it runs."""
    small = {"data": "digits", "widths": (16,), "channels": (4,), "width": 8, "latent_dim": 2, "epochs": 1}
    return dataclasses.replace(task, **{**small, "patch": 4, "batch_size": 32, "seeds": task.seeds[:1], **own})


def require_named(task: Task, *names: str) -> None:
    """Fields that list what a table is of hold at least one thing each.

    Raises:
        ConfigError: one is empty.
    """
    for name in names:
        if not getattr(task, name):
            raise ConfigError(f"{flag(name)}: nothing is named; name at least one")


def load(name: str, needs: Needs, **options: Any) -> Any:
    """The splits of a set for a table that `needs` something of it; `options` are those of `aelab.data.load`.

    Raises:
        DataError: it cannot be read, entries are missing, or there is not what the table needs.
    """
    from aelab import data

    kind = data.kinds.get(name.partition(":")[0])
    allowed = kind is not None and "missing" in kind.options  # else a message would name a flag that no table has
    splits = data.load(name, missing="mask" if allowed else "refuse", **options)
    require(name, splits, needs)
    return splits


def conclude(script: str, task: Tabled, rows: Sequence[dict[str, Any]], text: str, **more: Any) -> None:
    """Keep the table as `runs/<task>/<identity>/table.{json,md}` and print it: the text, or one line of JSON.

    Raises:
        StorageError: it cannot be written.
    """
    table = {"status": "done", "experiment": script, "config": stored(task), "rows": list(rows), **more}
    tables.keep(folder(script, task), table, text)
    print(json.dumps(table) if task.json else text)


def compare(script: str, task: Task, versions: dict[str, Any], title: str, *, unit: bool) -> None:
    """Draw versions of the same events, by name, under each other: `comparison.png` beside the table.

    `unit` says that 0 is black and 1 is white; else the values decide.

    Raises:
        StorageError: it cannot be written.
    """
    import numpy as np

    from aelab import figures

    arrays = {"events": np.stack(list(versions.values())), "rows": np.array(list(versions)), "title": np.array(title)}
    figures.save(folder(script, task), "comparison", arrays | ({"limits": np.array([0.0, 1.0])} if unit else {}))


def folder(script: str, task: Tabled) -> Path:
    """Where the table and the pictures of a task go."""
    return task.runs_dir / script.rpartition(".")[2] / identity(script, task)
