"""How good a first run is: the bare command on ten small sets, against the best of many random settings. One table.

python -m experiments.defaults --seeds 0 1 2

Each set is trained as files of a user's own are where nothing is said: `--epochs auto --batch-size auto`, a learned
sigma, and the default net, learning rate and code. Its rivals are runs whose learning rate, warm-up of beta and width
of the net are drawn at random, with the same width of the code. The best of them is chosen by its bound on validation
events, and trained again with the other seeds. The same command goes on where it was stopped.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from aelab.config import Count, Seed, first_run
from aelab.report import tables
from aelab.runner import launch

from . import vae
from .common import tasks

COLUMNS = (
    "set",
    "events",
    "numbers",
    "bare command, nats",
    "best of random, nats",
    "behind, %",
    "behind, nats a number",
    "collapsed or not finite: bare, random",
)
WIDTHS = ((64, 32), (128, 64), (256, 128), (512, 256))  # of the encoder; the decoder mirrors them
RATES = (1e-4, 1e-2)  # learning rates lie between, at random on a logarithmic scale
WARM_UPS = (0.0, 5.0, 20.0)  # epochs
FEW = 500  # pictures of the sets of pictures that are larger

SETS = ("digits", "fashion_500", "omniglot_500", "gunpoint", "italypowerdemand", "japanesevowels", "ecg5000")
SETS += ("breast_cancer", "wine", "diabetes")


@dataclass(frozen=True)
class Config:
    """The sets, and how many settings are drawn for each."""

    sets: tuple[str, ...] = SETS  # three of pictures, four of series, three tables
    draws: Count = 20  # random settings of each set
    seeds: tuple[Seed, ...] = (0, 1, 2)  # of the bare command and of the best setting; the search has the first
    config: str = ""  # file of settings, YAML or JSON, or another table's table.json; flags win
    runs_dir: Path = Path("runs")  # where the run folders and the table go
    smoke: bool = False  # two steps: does it run?
    json: bool = False  # print the table as one line of JSON


def run(name: str, config: Config) -> None:
    """Train what is not trained yet, keep and print what came of it."""
    if config.smoke:
        config = replace(config, sets=("wine",), draws=2, seeds=config.seeds[:1])
    rows = [row for each in config.sets for row in of_set(config, each)]
    text = f"{config.draws} random settings, seeds {config.seeds}:\n\n{table(config, rows, [])}"
    tasks.conclude(name, config, rows, text)


def of_set(config: Config, name: str) -> list[dict[str, Any]]:
    """The rows of one set: the bare command and the best of the random settings, for each seed, and the search."""
    bare = replace(bare_config(config, name), smoke=config.smoke)
    search = [(each, trained(each)) for each in drawn(replace(bare, seed=config.seeds[0]), config.draws, name)]
    best, _ = max((pair for pair in search if pair[1]), key=lambda pair: pair[1]["validation"])
    rivals = [("bare", bare), ("best", best)]
    repeats = [(kind, replace(each, seed=seed)) for kind, each in rivals for seed in config.seeds]
    rows = [row(kind, name, each, trained(each)) for kind, each in repeats]
    return rows + [row("drawn", name, each, found) for each, found in search]


def bare_config(config: Config, name: str) -> vae.Config:
    """What `aelab train vae --data FILE` trains: its own defaults and those of a first run."""
    data = own_file(config, name) if name in OWN else name
    folder = config.runs_dir / "defaults" / "runs"
    return vae.Config(data=data, runs_dir=folder, figures="none", importance_samples=0, **first_run.VALUES)


def drawn(bare: vae.Config, count: int, name: str) -> list[vae.Config]:
    """So many random settings of a set, the same each time; their optimizer is the usual one, Adam."""
    import zlib

    import numpy as np

    rng = np.random.default_rng([zlib.crc32(name.encode()), 27])
    low, high = np.log(RATES)
    return [
        replace(
            bare,
            optimizer="adam",
            lr=float(f"{np.exp(rng.uniform(low, high)):.2g}"),
            beta_warmup=WARM_UPS[rng.integers(len(WARM_UPS))],
            widths=WIDTHS[rng.integers(len(WIDTHS))],
        )
        for _ in range(count)
    ]


def trained(config: vae.Config) -> dict[str, Any]:
    """A run of these settings, trained now or before: its bounds, its steps, whether it collapsed.

    Nothing where its numbers do not stay finite, as by too large a learning rate.
    """
    from aelab.errors import NonFiniteError

    try:
        summary = launch.train("experiments.vae", config, vae.build).read("summary.json")
    except NonFiniteError:
        return {}
    scores = summary["scores"]
    return {
        "validation": scores["validation/elbo"],
        "test": scores["test/elbo"],
        "step": summary["step"],
        "collapsed": any("collapse" in line for line in summary["trouble"]),
    }


def row(kind: str, name: str, config: vae.Config, found: dict[str, Any]) -> dict[str, Any]:
    """What the table keeps of a run."""
    import math

    from aelab import data

    splits = data.load(config)
    size = {"events": len(splits.train), "numbers": math.prod(splits.spec.shape)}
    chosen = {field: getattr(config, field) for field in ("lr", "beta_warmup", "widths", "seed")}
    return {"kind": kind, "set": name, **size, **chosen, **found}


def pictures(load: str) -> Callable[[], dict[str, Any]]:
    """The first training and test pictures of a named set."""

    def read() -> dict[str, Any]:
        import numpy as np

        from aelab import data

        splits = data.load(load)
        parts = {"x_train": splits.train, "x_test": splits.test}
        return {key: part.get_batch(np.arange(min(FEW, len(part))))["x"] for key, part in parts.items()}

    return read


def rows_of(load: str) -> Callable[[], dict[str, Any]]:
    """A table that comes with scikit-learn."""

    def read() -> dict[str, Any]:
        import sklearn.datasets

        return {"x": getattr(sklearn.datasets, f"load_{load}")().data}

    return read


OWN: dict[str, Callable[[], dict[str, Any]]] = {
    "fashion_500": pictures("fashion_small"),
    "omniglot_500": pictures("omniglot_small"),
    "breast_cancer": rows_of("breast_cancer"),
    "wine": rows_of("wine"),
    "diabetes": rows_of("diabetes"),
}


def own_file(config: Config, name: str) -> str:
    """The file of a set that is no named one, written if it is not there."""
    from aelab.runner import own_arrays

    return f"npz:{own_arrays.keep(config.runs_dir / 'defaults' / 'data' / name, OWN[name]())}"


def table(config: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """A line a set: the bounds on test events, mean ± standard deviation over the seeds, and how far they lie apart."""
    lines = [line(name, own) for name, own in tables.grouped(rows, lambda row: row["set"]).items()]
    return tables.markdown(COLUMNS, lines)


def line(name: str, rows: list[dict[str, Any]]) -> list[Any]:
    """The cells of a set."""
    by_kind = tables.grouped(rows, lambda row: row["kind"])
    bounds = {kind: [row["test"] for row in own if "test" in row] for kind, own in by_kind.items()}
    mean = {kind: statistics.mean(bounds[kind]) for kind in ("bare", "best")}
    behind = mean["best"] - mean["bare"]
    spread = [tables.spread(bounds[kind], 2) for kind in ("bare", "best")]
    share = f"{100 * behind / abs(mean['best']):.1f}"
    lost = [f"{sum(map(is_lost, by_kind[kind]))} of {len(by_kind[kind])}" for kind in ("bare", "drawn")]
    size = [rows[0]["events"], rows[0]["numbers"]]
    return [name, *size, *spread, share, f"{behind / rows[0]['numbers']:.3f}", ", ".join(lost)]


def is_lost(row: dict[str, Any]) -> bool:
    """Whether a run's code collapsed, or its numbers did not stay finite."""
    return row.get("collapsed", True)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
