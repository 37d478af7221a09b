"""Verify a run folder: its config, its data, every leaf of every checkpoint, and its scores, computed again."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from aelab import data
from aelab.config import Config, stored
from aelab.data.source import Splits
from aelab.devices import startup
from aelab.errors import CheckpointError, ConfigError, DataError
from aelab.experiment import Experiment
from aelab.runs import provenance
from aelab.runs.checkpoints import Checkpoints
from aelab.runs.digests import difference, digest, json_digest, leaf_digests, row, state_digest
from aelab.runs.folder import Run, require_schema
from aelab.runs.load import read_config, read_spec, rebuild
from aelab.runs.own_scripts import Trust
from aelab.runs.same_data import data_changes, describe
from aelab.training.state import State, evaluated

CLOSE = 1e-5  # relative, of a score computed again where the machine, a version or the order of sums is another


class Verdict(NamedTuple):
    """What was found wrong, one line each, and the digests of what could be restored, by folder and step.

    `changed` says what a user's own files no longer hold. That is no damage to the run: its scores cannot be checked.
    """

    damage: list[str]
    digests: dict[str, dict[int, dict[str, str]]]
    checked: list[str]
    changed: list[str]


def verify(path: Path, *, trust: Trust = False) -> Verdict:
    """Compare a run folder with its own records; nothing in it is changed. `trust` is that of `aelab.load`.

    Raises:
        ConfigError: not a run folder, or one of a newer version.
        DataError: its data is not here.
    """
    startup.start()  # before anything is computed: else no program of the training is found in the cache
    run = Run(path)
    run.require_run()
    config, build = read_config(run, trust=trust)
    made = run.read("manifest.json", "config", "config_sha256", "data", "sessions")
    if not made:
        raise ConfigError(f"{path / 'manifest.json'}: missing, so nothing can be verified; restore the file")
    require_schema(path, made)
    splits = data.load(config)
    found, changed = _data(made, splits)
    experiment, blank = rebuild(run, config, build, read_spec(run) if changed else splits.spec)
    digests, damage, good = {}, [*_records(run, config, made), *found], {}
    validated = any(row.get("split") == "validation" for row in run.rows())
    for name in ("checkpoints", "best"):
        digests[name], bad, good[name] = _restored(path / name, blank, name)
        damage += bad
        if (path / name).is_dir() and not digests[name] and not bad and (name == "checkpoints" or validated):
            damage.append(f"{path / name}: no checkpoint")
    damage += _chain(digests["checkpoints"], run.rows("digests.jsonl"))
    checked = ["config", "data", *(f"{name}/{step}" for name, steps in digests.items() for step in steps)]
    if run.finished and not changed:
        damage += list(_summary(run, config, experiment, splits, good["checkpoints"], made))
        checked.append("scores")
    return Verdict(damage, digests, checked, changed)


def _data(made: dict[str, Any], splits: Splits) -> tuple[list[str], list[str]]:
    """Damage and changes: a user's own files may change; what comes with the package cannot, so a record has."""
    changes = data_changes(made["data"], describe(splits))
    if ":" in splits.name:
        return [], changes
    differing = provenance.differences(made["data"], describe(splits), "data") if changes else ()
    return [f"manifest.json: {line}" for line in differing], []


def _records(run: Run, config: Config, made: dict[str, Any]) -> Iterator[str]:
    """The config against its hash and its copy."""
    if json_digest(made.get("config")) != made.get("config_sha256"):
        yield "manifest.json: config does not match its sha256"
    yield from (f"config.json: {line}" for line in provenance.differences(made.get("config"), stored(config), "config"))


def _restored(folder: Path, template: State, name: str) -> tuple[dict, list[str], dict[int, State]]:
    """Digests of the steps that verify, a line for each that does not, and the newest state."""
    if not folder.is_dir():
        return {}, [], {}
    template = template if name == "checkpoints" else template._replace(opt_state={})
    checkpoints = Checkpoints(folder, read_only=True)
    digests, damage, newest = {}, [], {}
    for step in checkpoints.steps():
        found = checkpoints.read(step, template)
        if isinstance(found, str):
            damage.append(f"{folder / str(step)}: {found}")
        else:
            digests[step], newest = leaf_digests(found.state), {step: found.state}
    return digests, damage, newest


def _chain(digests: dict[int, dict[str, str]], chain: list[dict[str, Any]]) -> list[str]:
    """Checkpoints whose digests are not those noted when the step was made."""
    both = [(noted, digests[noted["step"]]) for noted in chain if noted["step"] in digests]
    found = [(noted["step"], difference(row(noted["step"], leaves), noted, list(leaves))) for noted, leaves in both]
    return [f"checkpoints/{step}: {leaf} is not what digests.jsonl says" for step, leaf in found if leaf]


def _summary(run: Run, config, experiment: Experiment, splits, good: dict[int, State], made) -> Iterator[str]:
    """The summary against the last checkpoint: parameters, and the scores computed again."""
    from aelab.runner import finish

    summary = run.read("summary.json", "step", "scores", "params_sha256")
    if summary["step"] not in good:
        yield f"checkpoints/{summary['step']}: the last step cannot be restored, so its scores cannot be checked"
        return
    state = good[summary["step"]]
    params, last = evaluated(experiment, state), made["sessions"][-1]
    split = _was_split(last)
    averaged = params is not state.params  # what was made of the checkpoint may have other last digits
    if digest(params) != summary["params_sha256"] and not (split and averaged):
        yield "summary.json: params_sha256 is not that of the last checkpoint"
    close = 0.0 if _place(provenance.fingerprint()) == _place(last["fingerprint"]) and not split else CLOSE
    scores = finish.scores(experiment, params, config, splits)
    for name, was in summary["scores"].items():  # a score that came into the library later was never noted
        now = scores.get(name, math.nan)
        if was is None or not math.isclose(was, now, rel_tol=close):
            yield f"summary.json: {name} is {was}, computed again {now}"
    yield from (f"manifest.json: {n}" for n in provenance.differences(made.get("scores"), summary["scores"], "scores"))
    if any(state_digest(noted) != noted["state"] for noted in made.get("digests", [])):
        yield "manifest.json: the chain of digests does not match its own sha256"
    if made.get("digests") != run.rows("digests.jsonl"):
        yield "manifest.json: the chain of digests is not that of digests.jsonl"


def _place(fingerprint: dict[str, Any]) -> dict[str, Any]:
    """What decides the bits of scores, which one device computes: as how many devices a CPU is shown does not."""
    machine = fingerprint["machine"]
    shown = {"devices": 1} if machine["platform"] == "cpu" else {}
    return {**fingerprint, "machine": machine | shown}


def _was_split(session: dict[str, Any]) -> bool:
    """Whether parameters were split over devices. They add up in another order then than here, on one device."""
    return bool(session.get("how", {}).get("shard_parameters"))


def print_verdict(path: Path, *, as_json: bool = False, trust: Trust = False) -> None:
    """Verify a run and print what was found.

    Raises:
        CheckpointError: damage, each on a line of its own on stdout before.
        DataError: no damage, but the files that the run was trained on have changed.
    """
    verdict = verify(path, trust=trust)
    if as_json:
        found = {"run": str(path), "ok": not (verdict.damage or verdict.changed), **verdict._asdict()}
        found.pop("checked")
        print(json.dumps(found))
    else:
        for line in verdict.damage:
            print(f"damage: {line}")
        for line in verdict.changed:
            print(f"changed: {line}")
        print(f"{path}: {len(verdict.checked)} checked ({', '.join(verdict.checked)})")
    if verdict.damage:
        raise CheckpointError(
            f"{path}: {len(verdict.damage)} of its records are damaged, first {verdict.damage[0]}; restore them, or "
            "train the run again with another --runs-dir"
        )
    if verdict.changed:
        raise DataError(
            f"{path}: the data has changed since ({'; '.join(verdict.changed[:3])}), so its scores cannot be checked; "
            "put the old data back, or train on the new data with another --runs-dir"
        )
