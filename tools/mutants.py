"""Do the tests notice a fault that would silently change a result? Plants those of `faults/`, one at a time.

    python tools/mutants.py                 # all of them, two at a time
    python tools/mutants.py --only "log k"  # those with this in their name
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
    try:
        done = subprocess.run(
            [*command, "-m", marks, *options, *tests],
            cwd=tree,
            env=cache | dict(os.environ) | own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST,
        )
    except subprocess.TimeoutExpired:
        return -1, "no end"
    return done.returncode, done.stdout


def judge(fault: Fault, tree: Path, tests: tuple[str, ...], marks: str) -> Verdict:
    """Plant a fault in a copy, run the tests, take it out again.

    Where pytest could not run at all, the fault counts as killed only if the same tests run without it.

    Raises:
        RuntimeError: they do not.
    """
    file, began = tree / fault.file, time.monotonic()
    kept = shutil.copy2(file, file.with_suffix(".kept"))  # with its times, by which Python trusts its bytecode
    file.write_text(file.read_text("utf-8").replace(fault.old, fault.new), "utf-8")
    try:
        code, printed = run_tests(tree, tests, marks)
    finally:
        os.replace(kept, file)
    if code not in (0, 1) and run_tests(tree, tests, marks)[0] != 0:
        raise RuntimeError(f"the tests of {fault.name!r} do not run without it either:\n{printed}")
    found = re.search(r"^(?:FAILED|ERROR) (?:tests/)?(\S+)", printed, re.MULTILINE)
    return Verdict(fault, code != 0, found[1] if found else printed[-60:].strip(), time.monotonic() - began)


def judge_all(faults: list[Fault], args: argparse.Namespace) -> list[Verdict]:
    """The verdict on every fault, `args.workers` at a time, each worker in a copy of its own.

    Raises:
        RuntimeError: the tests fail in a copy without any fault.
    """
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        trees: queue.Queue[Path] = queue.Queue()
        first = Path(folder) / "0"
        copy_checkout(first)
        named = ("tests",) if args.all_tests else tuple(sorted({test for fault in faults for test in fault.tests}))
        print(f"the tests without a fault: {' '.join(named)}", flush=True)
        code, printed = run_tests(first, named, args.marks, "-n", str(args.workers), clean=True)
        if code:
            raise RuntimeError(f"the tests must pass before a fault is planted:\n{printed}")
        trees.put(first)
        for number in range(1, args.workers):
            trees.put(Path(shutil.copytree(first, Path(folder) / str(number))))

        def one(fault: Fault) -> Verdict:
            tree = trees.get()
            try:
                verdict = judge(fault, tree, ("tests",) if args.all_tests else fault.tests, args.marks)
            finally:
                trees.put(tree)
            print(row(verdict), flush=True)
            return verdict

        with ThreadPoolExecutor(args.workers) as pool:
            return list(pool.map(one, faults))


def row(verdict: Verdict) -> str:
    """A line of the table."""
    word = "killed" if verdict.killed else "SURVIVED"
    by = f"  ({verdict.noticed_by})" if verdict.killed else ""
    return f"{word:9}{verdict.seconds:5.0f} s  {verdict.fault.file}: {verdict.fault.name}{by}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="NAME", help="only the faults with this in their name or file")
    parser.add_argument("--list", action="store_true", help="say what there is, and run nothing")
    parser.add_argument("--workers", type=int, default=2, help="faults at a time")
    parser.add_argument(
        "--all-tests", action="store_true", help="run all fast tests, not only those named for the file"
    )
    parser.add_argument("--marks", default="not ci and not long", help="pytest's expression for the tests to run")
    args = parser.parse_args()
    faults = [fault for fault in load() if args.only in f"{fault.file}: {fault.name}"]
    if args.list:
        print(*(f"{fault.file}: {fault.name}  [{' '.join(fault.tests)}]" for fault in faults), sep="\n")
    if wrong := list(misfits(faults)) or ([] if faults else [f"no fault is named {args.only!r}"]):
        print(*wrong, sep="\n", file=sys.stderr)
        return 2
    if args.list:
        return 0
    began = time.monotonic()
    try:
        verdicts = judge_all(faults, args)
    except RuntimeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    killed = sum(verdict.killed for verdict in verdicts)
    print(f"\n{killed} of {len(verdicts)} faults killed, in {time.monotonic() - began:.0f} s; survivors:")
    print(*(row(verdict) for verdict in verdicts if not verdict.killed), sep="\n")
    return 0 if killed >= ENOUGH * len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
