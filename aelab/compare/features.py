"""Sparse dictionaries of several runs: how many features of one the others have too."""

import itertools
import json
import statistics
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from aelab.errors import ConfigError
from aelab.evaluation.matching import ALIKE, in_all, matched
from aelab.runs.load import Trust, load


def compare(runs: Sequence[Path], *, least: float = ALIKE, as_json: bool = False, trust: Trust = False) -> None:
    """Print how alike the features of each pair of runs are, and how many of the first run are in all.

    Raises:
        ConfigError: fewer than two runs, or one that is no dictionary, or of other events.
    """
    if len(runs) < 2:
        raise ConfigError("features: they are matched between runs; give two or more run folders")
    found = [directions(run, trust=trust) for run in runs]
    for run, other in zip(runs, found, strict=True):
        if other.shape[1] != found[0].shape[1]:
            said = f"{other.shape[1]} entries, those of {runs[0]} {found[0].shape[1]}"
            raise ConfigError(f"{run}: its events have {said}; give runs on the same data")
    every = itertools.combinations(range(len(runs)), 2)
    pairs = {(i, j): float(matched(found[i], found[j]).mean()) for i, j in every}
    shared = in_all(found[0], found[1:], least)
    if as_json:
        print(json.dumps({"pairs": [[*pair, cosine] for pair, cosine in pairs.items()], "in_all": int(shared.sum())}))
        return
    for (i, j), cosine in pairs.items():
        print(f"{runs[i].name}  {runs[j].name}  mean cosine {cosine:.4f}")
    mean = statistics.mean(pairs.values())
    print(f"mean over {len(pairs)} pair{'s' * (len(pairs) > 1)}: {mean:.4f}")
    print(
        f"{shared.sum()} of {len(shared)} features of {runs[0].name} are in all runs, at a cosine of {least:g} or more"
    )


def directions(run: Path, *, trust: Trust = False) -> np.ndarray:
    """The directions of a run's dictionary, `[unit, feature]`.

    Raises:
        ConfigError: it is no run of a dictionary.
    """
    params = load(run, trust=trust)[1]["model"]
    if "directions" not in params.get("decoder", {}):
        raise ConfigError(f"{run}: no dictionary, so it has no features to match; experiments.sparse makes one")
    return np.asarray(params["decoder"]["directions"])
