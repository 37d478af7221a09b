"""What cutting a batch into parts is worth: rows of the race with whole batches on one device, and with parts on two.

python -m experiments.bench.forms --rows conv lstm transformer fc --rounds 7

`whole` is `--virtual-shards 0`, `parts` is `--virtual-shards 8` on as many devices as there are cores. They are
processes that take turns. The ratios stand in aelab/config/shards.py, which decides by them.
"""

import json
import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aelab.config import Count
from aelab.devices import startup
from aelab.runner import launch
from experiments.bench import machine, race_data, rows
from experiments.bench.contenders import raced


@dataclass(frozen=True)
class Config:
    """The rows, and how often each form has its turn."""

    data: str = "tfds:mnist"  # images of 28 by 28
    rows: tuple[str, ...] = ("conv", "conv-32", "lstm", "transformer", "iwae", "fc")  # of experiments/bench/rows.py
    rounds: Count = 7  # turns of each form that count
    shards: Count = 8  # parts of a batch
    json: bool = False  # print the result as one line of JSON


def measure(name: str, config: Config, data: str) -> dict[str, float]:
    """Examples a second of both forms, and the median over the rounds of the ratio of a round."""
    row = rows.ROWS[name]
    cut = {"virtual_shards": config.shards, "devices": min(config.shards, startup.cores()), "parallel": "shard_map"}
    forms: dict[str, dict[str, Any]] = {"whole": {"virtual_shards": 0}, "parts": cut}
    started = (rows.start("aelab", row._replace(ours=ours), data, Path(), label=form) for form, ours in forms.items())
    seconds = {form: took["seconds"] for form, took in raced(started, config.rounds).items()}
    ratio = statistics.median(whole / parts for whole, parts in zip(*seconds.values(), strict=True))
    examples = row.work["batch"] * row.work["steps"]
    return {form: examples / statistics.median(turns) for form, turns in seconds.items()} | {"ratio": ratio}


def run(name: str, config: Config) -> None:
    """Race the forms of each row, and print what they took."""
    from aelab.report import tables

    with tempfile.TemporaryDirectory() as folder:
        data = race_data.save_images(config.data, folder)
        measured = {row: measure(row, config, data) for row in config.rows}
    if config.json:
        print(json.dumps({"rows": measured, **machine.stamp()}))
        return
    names = ("row", "whole, examples/s", f"{config.shards} parts, examples/s", "ratio")
    print(tables.markdown(names, [(rows.ROWS[row].title, *found.values()) for row, found in measured.items()]))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
