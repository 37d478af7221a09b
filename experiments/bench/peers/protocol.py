"""How a contender takes part in a race: it trains one turn for each line it is sent, and answers with its seconds.

No package is needed here: every contender reads this file, whatever environment it lives in.
"""

import json
import os
import sys
import time
from collections.abc import Callable


def workload() -> dict:
    """What to train, as the race states it: `data` (a file of uint8 images), `net`, `batch`, `steps`, sizes."""
    return json.loads(sys.argv[1])


def serve(turn: Callable[[], object], **facts) -> None:
    """Two turns that warm up, then one for each line on stdin. `turn` returns when all its work is done.

    Answers are lines of JSON on stdout; whatever else a library prints goes to stderr.
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
