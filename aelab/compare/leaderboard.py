"""Runs held against each other: which settings, and how sure, over the seeds they were run with."""

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from aelab.compare.ground import UNKNOWN, Ground, ground
from aelab.config import Corrupted, before, unread
from aelab.config.spelling import nearest
from aelab.errors import ConfigError
from aelab.evaluation.over_seeds import OverSeeds, over_seeds
from aelab.experiment.scores import USUAL, Score, find, from_json, full_name
from aelab.runs.folder import Run


class Member(NamedTuple):
    """A finished run: its folder, its settings with the script's name among them, its scores, what they are of."""

    path: Path
    config: dict[str, Any]
    scores: dict[str, float]
    ground: Ground = UNKNOWN
    own: tuple[Score, ...] = ()  # scores that its experiment adds

    @property
    def seed(self) -> int:
        return self.config["seed"]


class Entry(NamedTuple):
    """One setting: the fields in which it differs, its runs by seed, its score, and how far it is from the best.

    `behind` is the mean over shared seeds of its score minus that of the best entry, each pair from one seed.
    """

    fields: dict[str, Any]
    members: dict[int, Member]
    score: OverSeeds
    behind: OverSeeds | None

    def mean(self, name: str) -> float | None:
        """Of another score, where all its runs have it."""
        values = [member.scores.get(name) for member in self.members.values()]
        return statistics.mean(values) if None not in values else None  # ty: ignore[invalid-argument-type]


def read(run: Path) -> Member:
    """A run to compare.

    Raises:
        ConfigError: not a run folder, or a run that is not finished.
    """
    folder = Run(run)
    stored, summary = folder.read("config.json"), folder.read("summary.json")
    if not stored:
        raise ConfigError(
            f"{run}: neither a run folder (no config.json) nor a sweep (no sweep.json); aelab info lists runs"
        )
    if not folder.finished:
        raise ConfigError(f"{run}: not finished, so it has no scores; give its command again")
    config = {**before(Corrupted), **stored["config"], "experiment": stored["experiment"]}
    made, scores = folder.read("manifest.json"), summary["scores"]
    return Member(run, config, scores, ground(config, made, scores), from_json(made.get("own_scores", [])))


def find_score(name: str, members: Sequence[Member]) -> Score:
    """A score as the registry or one of the runs declares it."""
    return find(name, (score for member in members for score in member.own))


def pick_score(members: Sequence[Member], wanted: str = "") -> str:
    """The score to go by: the one asked for, by any of its names, or a usual one that all runs have.

    Raises:
        ConfigError: no run has the one asked for, or the runs share no usual one.
    """
    if not wanted:
        shared = [name for name in USUAL if all(name in member.scores for member in members)]
        if not shared:
            raise ConfigError(f"{members[0].path}: these runs share neither {' nor '.join(USUAL)}; name one by --score")
        return shared[0]
    names = sorted({name for member in members for name in member.scores})
    found = full_name(wanted, names, [score for member in members for score in member.own])
    if found not in names:
        raise ConfigError(f"--score {wanted}: no run has it{nearest(found, names)}")
    return found


def rank(members: Sequence[Member], score: str) -> list[Entry]:
    """Settings from best to worst; runs that differ in the seed alone are one entry."""
    groups: dict[str, dict[int, Member]] = {}
    for member in members:
        setting = {name: value for name, value in member.config.items() if name != "seed"}
        groups.setdefault(repr(sorted(setting.items())), {})[member.seed] = member
    fields = differing([next(iter(runs.values())).config for runs in groups.values()])
    sign = -1 if find_score(score, members).direction == "higher" else 1
    order = sorted(groups.values(), key=lambda runs: sign * statistics.mean(m.scores[score] for m in runs.values()))
    return [_entry(runs, order[0], fields, score) for runs in order]


def _entry(runs: dict[int, Member], best: dict[int, Member], fields: Sequence[str], score: str) -> Entry:
    first = next(iter(runs.values()))
    shared = sorted(runs.keys() & best.keys())
    pairs = [runs[seed].scores[score] - best[seed].scores[score] for seed in shared]
    behind = over_seeds(pairs) if pairs and runs is not best else None
    own = {name: first.config.get(name) if reads(first.config, name) else None for name in fields}
    return Entry(own, dict(sorted(runs.items())), over_seeds([m.scores[score] for m in runs.values()]), behind)


def differing(configs: Sequence[Mapping[str, Any]]) -> list[str]:
    """The settings that are not the same everywhere, the seed left out, in the order of the config.

    A setting of a net is compared among the runs whose net reads it.
    """
    names = dict.fromkeys(name for config in configs for name in config if name != "seed")
    found = {name: [config.get(name) for config in configs if reads(config, name)] for name in names}
    return [name for name, values in found.items() if any(value != values[0] for value in values)]


def reads(config: Mapping[str, Any], name: str) -> bool:
    """Whether the net of a run reads a setting; settings that belong to no net are read by all."""
    return name not in unread(config.get("net"))
