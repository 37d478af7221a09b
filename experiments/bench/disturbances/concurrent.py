"""Several processes on one run: one of them trains it, and the others are refused."""

from experiments.bench.disturbances.case import Case, outcome, wait_for_lock


def second(case: Case) -> None:
    """Second processes on a live run: exit code 7 and one line that names the holder."""
    kind = "second process"
    while case.trials.count(kind) < case.wanted:
        first = case.start("first")
        if not wait_for_lock(case.runs, first):
            first.wait()
            break
        others = [case.start(f"second-{i}") for i in range(2)]
        codes = [other.wait() for other in others]
        errors = [other.errors() for other in others]
        first.kill()
        first.wait()
        for code, lines in zip(codes, errors, strict=True):
            if case.trials.count(kind) < case.wanted and code != 0:
                ok = code == 7 and len(lines) == 1 and f"process {first.pid} on " in lines[0] and "since 2" in lines[0]
                case.add(kind, ok=ok, code=code)
    same, why = case.finish()
    if not same:
        case.add(kind, ok=False, why=why)


def race(case: Case) -> None:
    """Two processes on a new folder: one is refused, the other ends as if alone."""
    both = [case.start(str(i)) for i in range(2)]
    codes = sorted(child.wait() for child in both)
    case.add("race", ok=codes in ([0, 7], [0, 0]) and outcome(case.runs) == case.straight, codes=codes)
