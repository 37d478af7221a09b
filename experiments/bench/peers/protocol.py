"""How a contender takes part in a race: it trains one turn for each line it is sent, and answers with its seconds.

No package is needed here: every contender reads this file, whatever environment it lives in.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path


def workload() -> dict:
    """What to train, as the race states it: `data` (a file of uint8 images), `net`, `batch`, `steps`, sizes."""
    return json.loads(sys.argv[1])


def way() -> str:
    """Which of its ways a contender is asked for; empty where it has one."""
    return sys.argv[2] if len(sys.argv) > 2 else ""


def serve(turn: Callable[[], object], **facts) -> None:
    """Two turns that warm up, then one for each line on stdin. `turn` returns when all its work is done.

    Answers are lines of JSON on stdout: the facts, the seconds of each turn and, when stdin ends, the peak of resident
    memory. Whatever else a library prints goes to stderr.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for _ in range(2):
        turn()
    print(json.dumps({"facts": facts}), file=answers)
    for _ in sys.stdin:
        since = time.perf_counter()
        turn()
        print(json.dumps({"seconds": time.perf_counter() - since}), file=answers)
    print(json.dumps({"facts": {"peak_bytes": peak_bytes()}}), file=answers)


def peak_bytes() -> int:
    """Of the resident memory of this process. What the kernel counts for `getrusage` starts with the peak of the
    process that started it, so Linux is asked about this one alone."""
    status = Path("/proc/self/status")
    if status.exists():
        return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line[:6] == "VmHWM:")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
