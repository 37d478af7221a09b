"""The disturbances of `chaos`: each takes one run of a net and adds its trials."""

import contextlib
import json
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.bench import processes
from experiments.bench.chaos import PER_RUN, evidence, flags
from experiments.bench.processes import Child, start, until

if TYPE_CHECKING:
    from experiments.bench.chaos import Trials

Straight = dict[str, Any]  # what the undisturbed run of the net came to


def running(runs: Path, child: Child) -> bool:
    """Wait until the process trains; False where it ended first."""

    def holds() -> bool:
        return any(str(child.pid) in lock.read_text() for lock in runs.rglob("lock"))

    return until(holds, child)


def saving(runs: Path) -> bool:
    """Whether a checkpoint is half written."""
    with contextlib.suppress(OSError):
        return any("orbax-checkpoint-tmp" in path.name for path in runs.glob("*/*/checkpoints/*"))
    return False


def ending(trials: "Trials", net: str, work: Path, straight: Straight) -> tuple[bool, str]:
    """Run to the end what was disturbed; whether it comes out as the undisturbed run did."""
    child = start(flags(trials.config, net, work / "runs"), work / "end.txt")
    if code := child.wait():
        return False, f"ended with {code}: {child.errors()}"
    now = evidence(work / "runs")
    differing = [name for name in straight if now[name] != straight[name]]
    return not differing, f"{differing[0]} differs" if differing else ""


def repeatedly(trials, net, work, straight, rng, wanted, kind: str, disturb) -> None:
    """Disturb one run several times, end it, and add the trials; one that ended before its turn is no trial."""
    tried: list[dict[str, Any]] = []
    for _ in range(min(PER_RUN, wanted - trials.count(kind))):
        child = start(flags(trials.config, net, work / "runs"), work / "child.txt")
        if not running(work / "runs", child):
            code = child.wait()
            if code:
                tried.append({"ok": False, "why": f"refused to go on: {code} {child.errors()}"})
            break
        if found := disturb(child, work / "runs", rng):
            tried.append(found)
    same, why = ending(trials, net, work, straight)
    for found in tried:
        trials.add(kind, net, **{**found, "ok": found["ok"] and same, **({"why": why} if why else {})})


def kill(trials, net, work, straight, rng: random.Random, wanted: int) -> None:
    """SIGKILL: every second at a random moment, the others as soon as a save is seen after a random moment."""

    def disturb(child: Child, runs: Path, rng: random.Random) -> dict[str, Any] | None:
        aimed = rng.random() < 0.6
        time.sleep(rng.uniform(0, 2))
        if aimed and until(lambda: saving(runs), child, 20):
            time.sleep(rng.uniform(0, 0.02))
        child.kill()
        if (code := child.wait()) != -signal.SIGKILL:
            return None  # it had ended
        stale = any(str(child.pid) in lock.read_text() for lock in runs.rglob("lock"))
        return {"ok": stale and code == -signal.SIGKILL, "note": "during a save" if saving(runs) else "between saves"}

    repeatedly(trials, net, work, straight, rng, wanted, "kill", disturb)


def stop(trials, net, work, straight, rng: random.Random, wanted: int) -> None:
    """SIGTERM at a random moment of training: exit code 75 after saving."""

    def disturb(child: Child, runs: Path, rng: random.Random) -> dict[str, Any] | None:
        until(lambda: "running" in _status(runs), child)
        time.sleep(rng.uniform(0, 2))
        with contextlib.suppress(ProcessLookupError):
            child.kill(signal.SIGTERM)
        code = child.wait()
        return None if code == 0 else {"ok": code == 75 and len(child.errors()) == 1, "code": code}

    repeatedly(trials, net, work, straight, rng, wanted, "stop", disturb)


def _status(runs: Path) -> str:
    with contextlib.suppress(OSError, StopIteration):
        return next(runs.rglob("status.json")).read_text()
    return ""


def second(trials, net, work, straight, rng: random.Random, wanted: int) -> None:
    """Second processes on a live run: exit code 7 and one line that names the holder."""
    command = flags(trials.config, net, work / "runs")
    while trials.count("second process") < wanted:
        first = start(command, work / "first.txt")
        if not running(work / "runs", first):
            first.wait()
            break
        others = [start(command, work / f"second-{i}.txt") for i in range(2)]
        codes = [other.wait() for other in others]
        said = [other.errors() for other in others]
        first.kill()
        first.wait()
        for code, lines in zip(codes, said, strict=True):
            if trials.count("second process") < wanted and code != 0:
                ok = code == 7 and len(lines) == 1 and f"process {first.pid} on " in lines[0] and "since 2" in lines[0]
                trials.add("second process", net, ok=ok, code=code)
    same, why = ending(trials, net, work, straight)
    if not same:
        trials.add("second process", net, ok=False, why=why)


def race(trials, net, work, straight, rng: random.Random, wanted: int) -> None:
    """Two processes on a new folder: one is refused, the other ends as if alone."""
    both = [start(flags(trials.config, net, work / "runs"), work / f"{i}.txt") for i in range(2)]
    codes = sorted(child.wait() for child in both)
    now = evidence(work / "runs")
    trials.add("race", net, ok=codes in ([0, 7], [0, 0]) and now == straight, codes=codes)


def removal(trials, net, work, straight, rng: random.Random, wanted: int) -> None:
    """The run folder goes away under the run: exit code 8 and one line."""
    child = start(flags(trials.config, net, work / "runs"), work / "child.txt")
    until(lambda: "running" in _status(work / "runs"), child)
    time.sleep(rng.uniform(0, 1))
    shutil.move(work / "runs", work / "elsewhere")
    code = child.wait()
    trials.add("removed folder", net, ok=code == 8 and len(child.errors()) == 1, code=code, said=child.errors()[:2])


def disk(trials, net, work, straight, rng: random.Random, wanted: int) -> None:
    """A file system that fills up: exit code 8 and one line; with more room the run goes on to the same end."""
    size = rng.randrange(200, 1500)
    with _file_system(work / "runs", size) as remount:
        child = start(flags(trials.config, net, work / "runs"), work / "child.txt")
        code, said = child.wait(), child.errors()
        remount("size=64m")
        same, why = ending(trials, net, work, straight)
    ok = code == 8 and len(said) == 1 and same
    trials.add("small file system", net, ok=ok, kilobytes=size, code=code, why=why, said=said[:2])


def limited(trials, net, work, straight, rng: random.Random, wanted: int) -> None:
    """Files may not grow beyond a size (`ulimit -f`): as on a full disk, and no step that was saved is touched."""
    largest = int(2 ** rng.uniform(9, 18))  # 512 bytes to 256 KiB: from the first file of all to the report
    child = start(flags(trials.config, net, work / "runs"), work / "child.txt", largest)
    code, said = child.wait(), child.errors()
    saved = {int(path.name) for path in (work / "runs").glob("*/*/checkpoints/*") if path.name.isdigit()}
    same, why = ending(trials, net, work, straight)
    said_then = (work / "end.txt").read_text()
    whole = "put aside" not in said_then and (not saved or f"resumed at step {max(saved)}" in said_then)
    note = "none saved yet" if not saved else "trained" if max(saved) == 6 * trials.config.epochs else "while training"
    ok = code == 8 and len(said) == 1 and same and whole
    trials.add("small files", net, ok=ok, note=note, bytes=largest, code=code, why=why, said=said[:2])


def read_only(trials, net, work, straight, rng: random.Random, wanted: int) -> None:
    """A killed run comes back to a read-only file system: exit code 8 and one line; writable again, it goes on."""
    with _file_system(work / "runs", 64_000) as remount:
        command = flags(trials.config, net, work / "runs")
        child = start(command, work / "child.txt")
        until(lambda: "running" in _status(work / "runs"), child)
        time.sleep(rng.uniform(0, 1))
        child.kill()
        child.wait()
        remount("ro")
        again = start(command, work / "again.txt")
        code, said = again.wait(), again.errors()
        remount("rw")
        same, why = ending(trials, net, work, straight)
    ok = code == 8 and len(said) == 1 and same
    trials.add("read-only file system", net, ok=ok, code=code, why=why, said=said[:2])


@contextlib.contextmanager
def _file_system(folder: Path, kilobytes: int) -> Generator[Callable[[str], object]]:
    """A file system in memory at `folder`, and the function that remounts it with other options."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        raise SystemExit("file systems need the right to mount them; run as root, or with --disks 0 --read-only 0")
    try:
        yield lambda options: subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def damage(trials, net, work, straight, rng: random.Random, wanted: int) -> None:
    """Damage copies of the checkpoints of a finished run and restore them: the right values of some step, or none."""
    number = min(50, wanted - trials.count("damage"))
    found = work / "found.jsonl"
    (run,) = (file.parent for file in (trials.folder / "straight" / net).rglob("config.json"))
    child = processes.fork(lambda: _damages(run, work, found, rng, number), work / "child.txt")
    code = child.wait()
    rows = [json.loads(line) for line in found.read_text().splitlines()]
    for row in rows:
        trials.add("damage", net, **row)
    if code:
        trials.add("damage", net, ok=False, why=f"ended with {code}", said=child.said.read_text()[-500:])


def _damages(run: Path, work: Path, found: Path, rng: random.Random, number: int) -> int:
    """In a process of its own: a restore that brings it down must not end the measurement."""
    from aelab import data
    from aelab.errors import CheckpointError
    from aelab.runs.checkpoints import Checkpoints
    from aelab.runs.digests import leaf_digests
    from aelab.runs.folder import Run
    from aelab.runs.load import read_config
    from aelab.training.initial import blank_state

    config, build = read_config(Run(run))
    spec = data.load(config).spec
    template = blank_state(build(config, spec), spec, config)
    true = {row["step"]: row["leaves"] for row in Run(run).rows("digests.jsonl")}
    for _ in range(number):
        copy = work / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(run / "checkpoints", copy / "checkpoints")
        steps = sorted((int(path.name) for path in (copy / "checkpoints").iterdir()), reverse=True)
        hit = steps[: rng.choices([1, 2, 3], [80, 10, 10])[0]]
        kinds = [spoil(copy / "checkpoints" / str(step), rng) for step in hit]
        warnings: list[str] = []
        checkpoints = Checkpoints(copy / "checkpoints", warn=warnings.append)
        try:
            restored = checkpoints.restore(template)
        except CheckpointError:
            row = {"ok": len(hit) == len(steps), "note": "none left, refused"}
        else:
            wrong = restored is not None and leaf_digests(restored.state) != true[restored.step]
            older = restored is not None and restored.step < steps[0]
            # with every step hit by a deletion none may be left: that is no value, and no wrong one
            enough = restored is not None and restored.step >= max((s for s in steps if s not in hit), default=-1)
            note = "older step restored" if older else "harmless" if restored else "none left, none returned"
            row = {"ok": not wrong and (enough or len(hit) == len(steps)), "wrong": wrong, "note": note}
        with found.open("a") as file:
            file.write(json.dumps({**row, "damage": kinds}) + "\n")
        checkpoints.close()
    return 0


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
