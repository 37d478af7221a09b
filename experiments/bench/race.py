"""aelab against what people would pick instead: every row's contenders take turns, on this machine, in this minute.

make bench
python -m experiments.bench.race --rows fc conv --rounds 5

Needs the environment of the peers (`make peers`). Writes `--results` as JSON, and the table and figure made from it.
"""

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aelab import launch
from aelab.config import Count
from aelab.errors import ConfigError
from experiments.bench import rows as known
from experiments.bench.contenders import Contender, race

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Config:
    """Which rows, how often, and where the peers live."""

    data: str = "tfds:mnist"  # images of 28 by 28
    rows: tuple[str, ...] = tuple(known.ROWS)  # of experiments/bench/rows.py
    rounds: Count = 5  # turns of each contender that count
    peers: Path = Path(".peers/bin/python")  # the interpreter of the peers' environment
    results: Path = Path("results/bench.json")  # rows that are there and not raced now stay


def images(config: Config, folder: str) -> str:
    """The set as `X_TRAIN.npy` and `X_TEST.npy`, bytes, for all contenders; gives the first."""
    import numpy as np

    from aelab import data

    splits = data.load(config.data, validation=0.0)
    for name, source in {"TRAIN": splits.train, "TEST": splits.test}.items():
        np.save(Path(folder) / f"X_{name}.npy", source.get_batch(np.arange(len(source)))["x"])
    return str(Path(folder) / "X_TRAIN.npy")


def run_row(name: str, config: Config, data: str) -> dict[str, Any]:
    """Race one row; gives all that was measured."""
    row = known.ROWS[name]
    work = {"data": data, **row.work}
    stated, own = json.dumps(work), json.dumps(work | dict(row.ours))
    contenders: list[Contender] = []
    try:
        contenders.append(Contender("ceiling", known.own_command("ceiling", "{}"), {}))
        contenders.append(Contender("aelab", known.own_command("ours", own), {}))
        for peer in row.peers:
            contenders.append(Contender(peer, known.command(peer, stated, config.peers), known.WAYS[peer].env))
        race(contenders, config.rounds)
    finally:
        for contender in contenders:
            contender.close()
    took = {contender.name: {"seconds": contender.turns, **contender.facts} for contender in contenders}
    return {
        "title": row.title,
        "work": row.work,
        "ours": dict(row.ours),
        "contenders": took,
        "at": time.strftime("%Y-%m-%d"),
    }


def run(name: str, config: Config) -> None:
    """Race the rows, keep what was measured after each, print the table."""
    from aelab import manifest
    from aelab.runs import write_atomically
    from experiments.bench import results

    if unknown := [row for row in config.rows if row not in known.ROWS]:
        raise ConfigError(f"--rows: no {unknown[0]!r}; there are {' '.join(known.ROWS)}")
    if not config.peers.exists():
        raise ConfigError(f"--peers: no {config.peers}; `make peers` makes the environment of the peers")
    measured = json.loads(config.results.read_text()) if config.results.exists() else {"rows": {}}
    with tempfile.TemporaryDirectory() as folder:
        data = images(config, folder)
        for row in config.rows:
            measured["rows"][row] = run_row(row, config, data)
            measured["fingerprint"] = manifest.fingerprint()
            write_atomically(config.results, (json.dumps(measured, indent=1) + "\n").encode())
            print(results.line(row, measured["rows"][row]), file=sys.stderr)
    print(results.table(measured))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
