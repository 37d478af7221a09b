"""File systems that refuse a run: full, read-only, with a limit on the size of files, or without its folder."""

import contextlib
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from pathlib import Path

from experiments.bench.disturbances.case import Case, wait_for_training


def removed_folder(case: Case) -> None:
    """The run folder goes away under the run: exit code 8 and one line."""
    child = case.start("child")
    wait_for_training(case.runs, child)
    time.sleep(case.rng.uniform(0, 1))
    shutil.move(case.runs, case.work / "elsewhere")
    code = child.wait()
    case.add("removed folder", ok=code == 8 and len(child.errors()) == 1, code=code, said=child.errors()[:2])


def small_file_system(case: Case) -> None:
    """A file system that fills up: exit code 8 and one line; with more room the run goes on to the same end."""
    size = case.rng.randrange(200, 1500)
    with mounted(case.runs, size) as remount:
        child = case.start("child")
        code, errors = child.wait(), child.errors()
        remount("size=64m")
        same, why = case.finish()
    ok = code == 8 and len(errors) == 1 and same
    case.add("small file system", ok=ok, kilobytes=size, code=code, why=why, said=errors[:2])


def small_files(case: Case) -> None:
    """Files may not grow beyond a size (`ulimit -f`): as on a full disk, and no step that was saved is touched."""
    largest = int(2 ** case.rng.uniform(9, 18))  # 512 bytes to 256 KiB: from the first file of all to the report
    child = case.start("child", largest)
    code, errors = child.wait(), child.errors()
    saved = {int(path.name) for path in case.runs.glob("*/*/checkpoints/*") if path.name.isdigit()}
    same, why = case.finish()
    ok = code == 8 and len(errors) == 1 and same and resumed_at_newest(case, saved)
    case.add("small files", ok=ok, note=reached(case, saved), bytes=largest, code=code, why=why, said=errors[:2])


def resumed_at_newest(case: Case, saved: set[int]) -> bool:
    """Whether the run went on at the newest of the saved steps, and found none of them damaged."""
    output = (case.work / "end.txt").read_text()
    return "put aside" not in output and (not saved or f"resumed at step {max(saved)}" in output)


def reached(case: Case, saved: set[int]) -> str:
    """How far the run had come, in words."""
    if not saved:
        return "none saved yet"
    return "trained" if max(saved) == 6 * case.trials.config.epochs else "while training"


def read_only(case: Case) -> None:
    """A killed run comes back to a read-only file system: exit code 8 and one line; writable again, it goes on."""
    with mounted(case.runs, 64_000) as remount:
        child = case.start("child")
        wait_for_training(case.runs, child)
        time.sleep(case.rng.uniform(0, 1))
        child.kill()
        child.wait()
        remount("ro")
        again = case.start("again")
        code, errors = again.wait(), again.errors()
        remount("rw")
        same, why = case.finish()
    ok = code == 8 and len(errors) == 1 and same
    case.add("read-only file system", ok=ok, code=code, why=why, said=errors[:2])


@contextlib.contextmanager
def mounted(folder: Path, kilobytes: int) -> Generator[Callable[[str], object]]:
    """A file system in memory at `folder`, and the function that remounts it with other options."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        raise SystemExit("file systems need the right to mount them; run as root, or with --disks 0 --read-only 0")
    try:
        yield lambda options: subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True)
    finally:
        subprocess.run(["umount", str(folder)], check=True)
