"""Do the tests notice a fault that would silently change a result? Plants those of `faults/`, one at a time.

    python tools/mutants.py                 # all of them, two at a time
    python tools/mutants.py --only "log k"  # those with this in their name or file
    python tools/mutants.py --list          # names, files and tests; runs nothing

Each fault goes into a copy of the checkout, where the fast tests named for its file are run until one fails. The fault
is then killed; it has survived where all of them pass. A table says which, and which test noticed. The exit code is 0
where at least 95 % are killed, 1 where fewer are, and 2 where nothing could be measured: a fault no longer fits the
code, or the tests fail without one.
"""

import argparse
import os
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
FAULTS = Path(__file__).with_name("faults")
ENOUGH = 0.95  # share of the faults that must be killed
LONGEST = 600  # seconds for the tests of one fault; one that never ends is noticed too


class Fault(NamedTuple):
    """A wrong line that could have been written, and the tests that should notice it."""

    name: str
    file: str
    old: str  # as it stands in the file, exactly once
    new: str
    tests: tuple[str, ...]


class Verdict(NamedTuple):
    """What the tests said about a fault."""

    fault: Fault
    killed: bool
    noticed_by: str
    seconds: float


def load(folder: Path = FAULTS) -> list[Fault]:
    """The faults of a folder of TOML: `[file]`, its `tests`, and its `faults` as `[name, old, new]`."""
    return [
        Fault(name, file, old, new, tuple(entry["tests"]))
        for path in sorted(folder.glob("*.toml"))
        for file, entry in tomllib.loads(path.read_text("utf-8")).items()
        for name, old, new in entry["faults"]
    ]


def misfits(faults: list[Fault], root: Path = ROOT) -> Iterator[str]:
    """One line for each fault that cannot be planted, or whose tests are not there."""
    for fault in faults:
        file = root / fault.file
        found = file.read_text("utf-8").count(fault.old) if file.is_file() else 0
        if found != 1:
            yield f"{fault.name!r} did not apply: its old text occurs {found} times in {fault.file}, not once"
        elif fault.old == fault.new:
            yield f"{fault.name!r} did not apply: it changes nothing"
        for test in fault.tests:
            if not (root / test.partition("::")[0]).exists():
                yield f"{fault.name!r}: there is no {test}"


def copy_checkout(to: Path) -> None:
    """The files of the checkout as they stand, those that git ignores left out."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    for name in filter(None, subprocess.check_output(listed, cwd=ROOT, text=True).split("\0")):
        if (ROOT / name).is_file():  # not one that was deleted
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


def run_tests(tree: Path, tests: tuple[str, ...], marks: str, *options: str, clean: bool = False) -> tuple[int, str]:
    """Exit code of pytest (-1: no end) in a copy, and what it printed; bytecode is kept of a `clean` copy alone."""
    own = {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "" if clean else "1"}
    cache = {"JAX_COMPILATION_CACHE_DIR": str(ROOT / ".cache" / "jax")}  # one for all copies
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=line", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
    env, streams = cache | dict(os.environ) | own, {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    try:
        command += ["-m", marks, *options, *tests]
        done = subprocess.run(command, cwd=tree, env=env, text=True, timeout=LONGEST, **streams)
    except subprocess.TimeoutExpired:
        return -1, "no end"
    return done.returncode, done.stdout


def judge(fault: Fault, tree: Path, marks: str) -> Verdict:
    """Plant a fault in a copy, run the tests, take it out again.

    Where pytest could not run at all, the fault counts as killed only if the same tests run without it.

    Raises:
        RuntimeError: they do not.
    """
    file, began = tree / fault.file, time.monotonic()
    kept = shutil.copy2(file, file.with_suffix(".kept"))  # with its times, by which Python trusts its bytecode
    file.write_text(file.read_text("utf-8").replace(fault.old, fault.new), "utf-8")
    try:
        code, printed = run_tests(tree, fault.tests, marks)
    finally:
        os.replace(kept, file)
    if code not in (0, 1) and run_tests(tree, fault.tests, marks)[0] != 0:
        raise RuntimeError(f"the tests of {fault.name!r} do not run without it either:\n{printed}")
    found = re.search(r"^(?:FAILED|ERROR) (?:tests/)?(\S+)", printed, re.MULTILINE)
    return Verdict(fault, code != 0, found[1] if found else printed[-60:].strip(), time.monotonic() - began)


def clean_copies(folder: Path, tests: tuple[str, ...], args: argparse.Namespace) -> list[Path]:
    """A copy of the checkout for each worker, in which the tests are known to pass.

    Raises:
        RuntimeError: they do not.
    """
    print(f"the tests without a fault: {' '.join(tests)}", flush=True)
    copy_checkout(folder / "0")
    code, printed = run_tests(folder / "0", tests, args.marks, "-n", str(args.workers), clean=True)
    if code:
        raise RuntimeError(f"the tests must pass before a fault is planted:\n{printed}")
    return [folder / "0", *(shutil.copytree(folder / "0", folder / str(n)) for n in range(1, args.workers))]


def judge_all(faults: list[Fault], args: argparse.Namespace) -> list[Verdict]:
    """The verdict on every fault, `args.workers` at a time, each worker in a copy of its own."""
    trees: queue.Queue[Path] = queue.Queue()

    def one(fault: Fault) -> Verdict:
        tree = trees.get()
        try:
            verdict = judge(fault, tree, args.marks)
        finally:
            trees.put(tree)
        print(row(verdict), flush=True)
        return verdict

    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        tests = tuple(sorted({test for fault in faults for test in fault.tests}))
        for tree in clean_copies(Path(folder), tests, args):
            trees.put(tree)
        with ThreadPoolExecutor(args.workers) as pool:
            return list(pool.map(one, faults))


def row(verdict: Verdict) -> str:
    """A line of the table."""
    word = "killed" if verdict.killed else "SURVIVED"
    by = f"  ({verdict.noticed_by})" if verdict.killed else ""
    return f"{word:9}{verdict.seconds:5.0f} s  {verdict.fault.file}: {verdict.fault.name}{by}"


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--only", nargs="*", default=[""], metavar="NAME", help="the faults with one of these in their name or file")
    add("--list", action="store_true", help="say what there is, and run nothing")
    add("--workers", type=int, default=2, help="faults at a time")
    add("--all-tests", action="store_true", help="run all fast tests, not only those named for the file")
    add("--marks", default="not ci and not long", help="pytest's expression for the tests to run")
    return parser.parse_args()


def main() -> int:
    args, began = arguments(), time.monotonic()
    faults = [fault for fault in load() if any(word in f"{fault.file}: {fault.name}" for word in args.only)]
    if args.all_tests:
        faults = [fault._replace(tests=("tests",)) for fault in faults]
    if args.list:
        print(*(f"{fault.file}: {fault.name}  [{' '.join(fault.tests)}]" for fault in faults), sep="\n")
    if wrong := list(misfits(faults)) or ([] if faults else [f"no fault is named {args.only}"]):
        print(*wrong, sep="\n", file=sys.stderr)
    if wrong or args.list:
        return 2 if wrong else 0
    try:
        verdicts = judge_all(faults, args)
    except RuntimeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    survivors = [verdict for verdict in verdicts if not verdict.killed]
    print(f"\n{len(faults) - len(survivors)} of {len(faults)} faults killed, in {time.monotonic() - began:.0f} s")
    print(*map(row, survivors), sep="\n")
    return 0 if len(survivors) <= (1 - ENOUGH) * len(faults) else 1


if __name__ == "__main__":
    sys.exit(main())
