"""Damage to the checkpoints of a finished run: what a restore then gives is the right values of some step, or none."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

from experiments.bench import processes
from experiments.bench.disturbances.case import Case


def damage(case: Case) -> None:
    """Damage copies of the checkpoints of a finished run and restore them: the right values of some step, or none."""
    number = min(50, case.wanted - case.trials.count("damage"))
    found = case.work / "found.jsonl"
    (run,) = (file.parent for file in (case.trials.folder / "straight" / case.net).rglob("config.json"))
    child = processes.fork(lambda: restore_damaged(run, found, case.rng, number), case.work / "child.txt")
    code = child.wait()
    rows = [json.loads(line) for line in found.read_text().splitlines()]
    for row in rows:
        case.add("damage", **row)
    if code:
        case.add("damage", ok=False, why=f"ended with {code}", said=child.output.read_text()[-500:])


def restore_damaged(run: Path, found: Path, rng: random.Random, number: int) -> int:
    """Restore `number` damaged copies of a run's checkpoints; adds a line for each to the file `found`.

    In a process of its own: a restore that brings it down must not end the measurement.
    """
    from aelab.runs.folder import Run

    template = state_template(Run(run))
    true = {row["step"]: row["state"] for row in Run(run).rows("digests.jsonl")}
    copy = found.parent / "copy"
    for _ in range(number):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(run / "checkpoints", copy / "checkpoints")
        steps = sorted((int(path.name) for path in (copy / "checkpoints").iterdir()), reverse=True)
        hit = steps[: rng.choices([1, 2, 3], [80, 10, 10])[0]]
        kinds = [spoil(copy / "checkpoints" / str(step), rng) for step in hit]
        row = restore(copy / "checkpoints", template, steps, hit, true)
        with found.open("a") as file:
            file.write(json.dumps({**row, "damage": kinds}) + "\n")
    return 0


def state_template(run: Any) -> Any:
    """A state of the shapes that the checkpoints of a run have."""
    from aelab import data
    from aelab.runs.load import read_config
    from aelab.training.initial import blank_state

    config, build = read_config(run)
    spec = data.load(config).spec
    return blank_state(build(config, spec), spec, config)


def restore(folder: Path, template: Any, steps: list[int], hit: list[int], true: dict[int, Any]) -> dict[str, Any]:
    """Restore the newest good step of `folder`, and say whether it is one that the damage left.

    `steps` were saved, newest first; `hit` are damaged; `true` has the digest of each step.
    """
    from aelab.errors import CheckpointError
    from aelab.runs.checkpoints import Checkpoints
    from aelab.runs.digests import digest

    checkpoints = Checkpoints(folder, warn=lambda warning: None)
    try:
        restored = checkpoints.restore(template)
    except CheckpointError:
        return {"ok": len(hit) == len(steps), "note": "none left, refused"}
    finally:
        checkpoints.close()
    if restored is None:  # where every step is hit by a deletion none may be left: no value, and no wrong one
        return {"ok": len(hit) == len(steps), "wrong": False, "note": "none left, none returned"}
    wrong = digest(restored.state) != true[restored.step]
    enough = restored.step >= max((s for s in steps if s not in hit), default=-1)
    note = "older step restored" if restored.step < steps[0] else "harmless"
    return {"ok": not wrong and (enough or len(hit) == len(steps)), "wrong": wrong, "note": note}


def spoil(folder: Path, rng: random.Random) -> str:
    """Damage one file of a checkpoint at a random place."""
    file = rng.choice(sorted(path for path in folder.rglob("*") if path.is_file()))
    kind = rng.choice(["flip", "truncate", "zero", "delete"])
    content = bytearray(file.read_bytes())
    if kind == "delete" or not content:
        file.unlink()
        return f"delete {file.relative_to(folder)}"
    place = rng.randrange(len(content))
    if kind == "flip":
        content[place] ^= 1 << rng.randrange(8)
    elif kind == "truncate":
        del content[place:]
    else:
        size = rng.choice([1, 16, 512])
        content[place : place + size] = bytes(len(content[place : place + size]))
    file.write_bytes(content)
    return f"{kind} {file.relative_to(folder)} at {place}"
