"""Train a run again in a fresh folder, and compare the two digest by digest."""

import dataclasses
import json
import math
import statistics
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from aelab.config import HOW, Config, check, from_json
from aelab.errors import ConfigError, NotReproducedError
from aelab.runner import launch
from aelab.runs import provenance, schema, untrusted
from aelab.runs.digests import difference, json_digest, leaf_digests, state_digest
from aelab.runs.folder import Run, require_schema
from aelab.runs.load import read_config, read_spec, rebuild, recipe
from aelab.runs.own_scripts import Trust

SPREAD = 0.005  # of a score, relative: over twice the standard deviation between seeds of the README's runs


class Outcome(NamedTuple):
    """What a repetition found."""

    same_bits: bool
    steps: list[int]  # compared
    first: tuple[int, str] | None  # step and leaf that differ
    changed: list[str]  # what is not as it was: config, data, code, versions, machine, settings
    worst: tuple[str, float, float] | None  # the score that is farthest off, there and here


def reproduce(path: Path, steps: int = 0, into: Path | None = None, *, trust: Trust = False) -> Outcome:
    """Train again what a run folder or a manifest describes, to its end or for `steps` steps.

    `trust` is that of `aelab.load`.

    Raises:
        ConfigError: it does not say enough to be repeated.
        AelabError: whatever training raises.
    """
    made, config, build = read(path, trust=trust)
    chain = {row["step"]: row for row in made["digests"]}
    if steps and not any(0 < step <= steps for step in chain):
        raise ConfigError(
            f"--steps: the first digest is that of step {min(filter(None, chain))}; give that many or more"
        )
    with tempfile.TemporaryDirectory(prefix="aelab-") as folder:
        fresh = dataclasses.replace(
            config, runs_dir=into or Path(folder), **_how(made["sessions"][0]["how"], config), json=False, dry_run=False
        )
        run = launch.train(made["experiment"], fresh, build, until=steps)
        again, mine = run.read("manifest.json"), {row["step"]: row for row in run.rows("digests.jsonl")}
        both = [step for step in sorted(chain) if step in mine]
        differing = (step for step in both if state_digest(chain[step]) != state_digest(mine[step]))
        first = next(((step, _where(run, fresh, build, chain[step], mine[step])) for step in differing), None)
    there, here = made.get("scores") or {}, again.get("scores") or {}
    off = {name: abs(here[name] - there[name]) / max(abs(there[name]), 1e-9) for name in here if name in there}
    worst = max(off, key=lambda name: off[name]) if off else None
    same = first is None and bool(both) and there.items() >= here.items()
    return Outcome(same, both, first, changes(made, again), (worst, there[worst], here[worst]) if worst else None)


def _where(run: Run, config: Config, build: Any, there: dict[str, Any], here: dict[str, Any]) -> str:
    """What differs between the states of two rows, by its name in the state of the run."""
    _, blank = rebuild(run, config, build, read_spec(run))
    return difference(there, here, list(leaf_digests(blank))) or "the state"


def read(path: Path, *, trust: Trust = False) -> tuple[dict[str, Any], Config, Any]:
    """The manifest of a run folder, or one that stands alone, with the config and the `build` it names."""
    run = Run(path)
    run.require_run()
    made = run.read("manifest.json") if path.is_dir() else _alone(path)
    if not made:
        raise ConfigError(f"{path}: no run folder and no manifest; aelab info lists runs")
    require_schema(path, made)
    if missing := [name for name in ("experiment", "config", "config_sha256", "data", "sessions") if name not in made]:
        raise ConfigError(f"{path}: {missing[0]} is missing from the manifest; restore the file")
    config, build = read_config(run, trust=trust) if path.is_dir() else recipe(made, path, trust=trust)
    made.setdefault("digests", run.rows("digests.jsonl") if path.is_dir() else [])
    if not made["digests"]:
        raise ConfigError(f"{path}: no digests to compare with; restore digests.jsonl")
    return made, config, build


def _alone(path: Path) -> dict[str, Any]:
    """A manifest that the user names; it may stand behind a link."""
    real = path.resolve()
    return untrusted.parse(path, untrusted.read(real), schema.Manifest) if real.is_file() else {}


def _how(how: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """As the run was carried out; its cadences decide which steps were digested.

    Raises:
        ConfigError: a value that its field cannot have.
    """
    known = {name: how[name] for name in sorted(HOW - {"runs_dir"}) if name in how and hasattr(config, name)}
    carried = from_json(type(config), known)
    check(carried)
    return {name: getattr(carried, name) for name in known}


def changes(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """What two manifests do not share, apart from results."""
    found = [*provenance.differences(there["config"], here["config"], "config")]
    if json_digest(there["config"]) != there["config_sha256"]:
        found.append("config: changed by hand, it does not match the sha256 in its manifest")
    if there.get("seed") != there["config"].get("seed"):
        found.append(f"seed: {there.get('seed')} and {there['config'].get('seed')} in one manifest")
    found += provenance.differences(there["data"], here["data"], "data")
    one, other = there["sessions"][-1], here["sessions"][-1]
    found += _other_scripts(one.get("script") or {}, other.get("script") or {})
    return [*found, *provenance.differences(one["fingerprint"], other["fingerprint"])]


def _other_scripts(there: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """A user's own script, and those of its modules that both runs imported, where they are not the same."""
    both = [name for name in there if name in here]
    return [*provenance.differences({n: there[n] for n in both}, {n: here[n] for n in both}, "script")]


def tolerance(path: Path, name: str) -> tuple[float, str]:
    """How far a score may be off where bits are not expected to be equal, and where that comes from."""
    score = name.partition("/")[2]
    family = path.resolve().name.rpartition("-s")[0]
    siblings = [Run(folder) for folder in sorted(path.resolve().parent.glob(f"{family}-s*"))] if path.is_dir() else []
    found = [run.read("summary.json").get("scores", {}).get(name) for run in siblings]
    values = [value for value in found if value is not None]
    if len(values) >= 3:
        return 2 * statistics.stdev(values), f"twice the deviation of {score} over {len(values)} seeds"
    return math.nan, f"{SPREAD:.1%} of {score}"


def print_outcome(
    path: Path, steps: int = 0, *, into: Path | None = None, as_json: bool = False, trust: Trust = False
) -> None:
    """Reproduce a run and print how it went.

    Raises:
        NotReproducedError: other bits from the same fingerprint, or scores out of tolerance from another.
    """
    outcome = reproduce(path, steps, into, trust=trust)
    lines = [f"changed: {line}" for line in outcome.changed]
    verdict, failed = judge(path, outcome)
    if as_json:
        print(json.dumps({"run": str(path), "reproduced": not failed, "verdict": verdict, **outcome._asdict()}))
    else:
        print("\n".join([*lines, *([] if failed else [f"{path}: {verdict}"])]))
    if failed:
        raise NotReproducedError(f"{path}: {verdict}")


def judge(path: Path, outcome: Outcome) -> tuple[str, bool]:
    """One line, and whether it is a failure."""
    if outcome.same_bits:
        return f"the same bits at steps {', '.join(map(str, outcome.steps))}", False
    where = f"step {outcome.first[0]}: {outcome.first[1]} differs" if outcome.first else "the scores differ"
    if not outcome.changed:
        return f"{where}, though nothing else did", True
    recipe = [line for line in outcome.changed if line.startswith(("config", "seed", "data", "script"))]
    if recipe:
        return f"{where}; it is another recipe: {recipe[0]}", True
    if outcome.worst is None:
        return f"{where}; changed: {outcome.changed[0]}; without --steps the scores are compared", True
    name, there, here = outcome.worst
    bound, source = tolerance(path, name)
    bound = bound if math.isfinite(bound) else SPREAD * abs(there)
    said = f"{where}; changed: {outcome.changed[0]}; {name} {there:.6g} there, {here:.6g} here"
    return f"{said}, tolerance {bound:.3g} ({source})", abs(there - here) > bound
