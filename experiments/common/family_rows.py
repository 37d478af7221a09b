"""A member of the family is trained once a seed, all seeds as one population, then scored, timed and kept."""

import io
import json
import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aelab.config import identity
from aelab.report.tables import Row
from aelab.runner import launch, population
from aelab.runs import scripts
from aelab.runs.atomic import storing, write_atomically

from . import timing
from .family_members import MEMBERS, PLAIN, Member
from .family_scores import Judged, scored, splits_of


class Kept(NamedTuple):
    """What is kept of a member."""

    rows: list[Row]  # one a seed
    bound: np.ndarray  # L_k, [seed, image]; no images where the code has no density
    shared: np.ndarray  # total correlation, [seed, image]; no images where no code is one diagonal normal
    shown: np.ndarray  # samples of the first seed, [image, *event]


def config_of(task: Any, member: Member, seed: int) -> Any:
    """The config of a run: the shared settings, images as bits, no bound beside that of the table, and its own.

    A member that starts from another run shares its epochs with that.
    """
    if member.first is None:
        return _config(task, member, seed, member.settings)
    begun = launch.run_of(scripts.name_of(member.script), first_of(task, member, seed)).path
    rest = {"epochs": max(task.epochs - task.epochs // 3, 1), "init_from": str(begun)}
    return _config(task, member, seed, member.settings | rest)


def first_of(task: Any, member: Member, seed: int) -> Any:
    """The config of the run that a member starts from."""
    return _config(task, member, seed, {"epochs": max(task.epochs // 3, 1), **(member.first or {})})


def _config(task: Any, member: Member, seed: int, own: dict[str, Any]) -> Any:
    kind = member.script.Config
    bound = {"importance_samples": 0} if hasattr(kind, "importance_samples") else {}
    return task.run_config(kind, **{"seed": seed, "binarize": True, **bound, **own})


def kept(task: Any, folder: Path, member: Member) -> Kept | None:
    """What is kept of a member; None where it is not done yet."""
    path = _path(task, folder, member)
    if not path.with_suffix(".json").is_file():
        return None
    with np.load(path.with_suffix(".npz")) as arrays:
        return Kept(json.loads(path.with_suffix(".json").read_text()), *(arrays[name] for name in Kept._fields[1:]))


def _path(task: Any, folder: Path, member: Member) -> Path:
    """Where a member is kept, by its name and its recipe; the ending is .json or .npz."""
    recipe = identity(scripts.name_of(member.script), config_of(task, member, 0))
    return folder / "members" / f"{re.sub(r'[^A-Za-z0-9]+', '-', member.name)}-{recipe}.json"


def make(task: Any, folder: Path, member: Member, judged: Judged) -> None:
    """Train a member for all seeds, score it, time it and keep it.

    Raises:
        AelabError: what one of its runs ended with.
    """
    configs, name = [config_of(task, member, seed) for seed in task.seeds], scripts.name_of(member.script)
    print(f"{member.name}: training", file=sys.stderr)
    if member.first is not None:
        _train(name, [first_of(task, member, seed) for seed in task.seeds], member)
    _train(name, configs, member)
    print(f"{member.name}: scoring", file=sys.stderr)
    own = [scored(task, launch.run_of(name, config), config, judged) for config in configs]
    seconds = _timed(task, member, configs[0]) if task.rounds else {}
    path, buffer = _path(task, folder, member), io.BytesIO()
    bound, shared = (np.stack([getattr(each, name) for each in own]) for name in ("bound", "shared"))
    np.savez_compressed(buffer, bound=bound, shared=shared, shown=own[0].shown)
    rows = [{"member": member.name, **each.row, **seconds} for each in own]
    with storing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path.with_suffix(".npz"), buffer.getvalue())
    write_atomically(path, json.dumps(rows, indent=2).encode())


def _train(name: str, configs: Sequence[Any], member: Member) -> None:
    """The seeds as one population. Those that start from other runs differ in more than the seed, and train alone."""
    for group in population.groups(configs):
        for error in population.train(name, [configs[i] for i in group], member.script.build):
            if error is not None:
                raise error


def _timed(task: Any, member: Member, config: Any) -> dict[str, float]:
    """Seconds per epoch of one run of a member, and of one of the plain VAE, which trains in turns with it."""
    trainers = {"plain_seconds": _plain(task), "seconds": _trainer(member, config)}
    return timing.seconds_per_epoch(trainers, task.rounds)


def _trainer(member: Member, config: Any) -> Callable[[], float]:
    splits = splits_of(config)
    return timing.trainer(config, member.script.build(config, splits.spec), splits)


@cache
def _plain(task: Any) -> Callable[[], float]:
    (plain,) = (member for member in MEMBERS if member.name == PLAIN)
    return _trainer(plain, config_of(task, plain, task.seeds[0]))
