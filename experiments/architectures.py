"""Four architectures at one number of parameters, as autoencoder and as VAE, by squared error and by BCE: one table.

python -m experiments.architectures --data tfds:mnist tfds:fashion_mnist --seed 0

Every row is a run of `experiments.autoencoder` or `experiments.vae` in a folder of its own. The same command goes on
with those that are not finished; at the end all of them are timed in turns.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from aelab.config import RECORDS, Count, Natural, NetName, Positive, Seed, identity, stored
from aelab.config import Config as RunConfig
from aelab.runner import launch
from aelab.runs import scripts

from . import autoencoder, vae

SCRIPTS: dict[str, Any] = {"AE": autoencoder, "VAE": vae}
LOSSES = {"unit": ("normal", "bernoulli"), "real": ("normal",)}  # what fits events in [0, 1], and any others
COLUMNS = ("net", "code", "loss", "parameters", "distortion", "rate", "squared error", "s per epoch")


@dataclass(frozen=True)
class Config:
    """The grid, and what all of its runs share: Adam, a cosine down to 0, codes of one width."""

    data: tuple[str, ...] = ("tfds:mnist", "tfds:fashion_mnist")  # sets
    nets: tuple[NetName, ...] = tuple(RECORDS)  # rows
    parameters: Count = 180_000  # of every model, within a tenth
    latent_dim: Count = 32  # numbers in a code
    sigma: Positive = 0.2  # standard deviation of the normal likelihood
    epochs: Count = 10  # passes over the training set
    batch_size: Count = 128  # examples per step
    lr: Positive = 2e-3  # peak learning rate
    patch: Natural = 7  # side of a transformer's tokens on images; on series, every step is a token
    seed: Seed = 0  # every draw of every run follows from it
    rounds: Natural = 5  # turns in which each row is timed once all are trained; 0 leaves the times out
    config: str = ""  # file of settings, YAML or JSON, or another table's table.json; flags win
    runs_dir: Path = Path("runs")  # where the run folders and the table go
    smoke: bool = False  # two steps of tiny models on digits: does it run?
    json: bool = False  # print the table as one line of JSON
    dry_run: bool = False  # print the rows with their sizes, and stop


class Point(NamedTuple):
    """A row of the table before it is trained."""

    net: str
    code: str
    script: Any
    config: RunConfig


def points(config: Config, name: str, spec) -> list[Point]:
    """The rows of one set, each sized to the number of parameters."""
    from .common.parameters import fit_parameters

    shared = {field: getattr(config, field) for field in ("latent_dim", "sigma", "epochs", "batch_size", "lr", "seed")}
    shared |= {"data": name, "schedule": "cosine", "runs_dir": config.runs_dir, "smoke": config.smoke}
    sizes: dict[str, dict] = {
        "mlp": {"widths": (512, 256)},
        "conv": {"channels": (32, 64, 128), "dense": 64},
        "lstm": {"width": 128},
        "transformer": {"width": 64, "patch": config.patch if len(spec.shape) == 3 else 0},
    }
    grid = [(net, code, loss) for net in config.nets for code in SCRIPTS for loss in LOSSES[spec.values]]
    found = []
    for net, code, loss in grid:
        script = SCRIPTS[code]
        whole = script.Config(**shared, **sizes[net], net=net, likelihood=loss)
        found.append(Point(net, code, script, fit_parameters(whole, script.build, spec, config.parameters)))
    return found


def train(point: Point, progress: str) -> dict[str, Any]:
    """A row of the table: the run of a point, trained now or before."""
    import sys

    print(f"{progress}: {point.config.data} {point.net} {point.code} {point.config.likelihood}", file=sys.stderr)
    run = launch.train(scripts.name_of(point.script), point.config, point.script.build)
    row = {"data": point.config.data, "net": point.net, "code": point.code, "likelihood": point.config.likelihood}
    return {**row, "seed": point.config.seed, **run.read("summary.json"), "seconds_per_epoch": None}


def time_in_turns(points: list[Point], rows: list[dict[str, Any]], sets: dict, rounds: int) -> None:
    """Fill in `seconds_per_epoch`, set by set."""
    from .common import timing

    for name, splits in sets.items():
        here = {row["run"]: point for point, row in zip(points, rows, strict=True) if row["data"] == name}
        trainers = {
            run: timing.trainer(point.config, point.script.build(point.config, splits.spec), splits)
            for run, point in here.items()
        }
        seconds = timing.seconds_per_epoch(trainers, rounds)
        for row in rows:
            row["seconds_per_epoch"] = seconds.get(row["run"], row["seconds_per_epoch"])


def markdown(name: str, rows: list[dict[str, Any]], pca: float | None, config: Config) -> str:
    """The table of one set: nats per example, squared error per example."""
    from aelab.report import tables

    loss = {"normal": f"MSE, σ = {config.sigma:g}", "bernoulli": "BCE"}
    lines = [] if pca is None else [("PCA", "", "", None, None, None, pca, None)]
    for row in rows:
        scores = [row["scores"].get(f"test/{score}") for score in ("distortion", "rate", "squared_error")]
        first = (row["net"], row["code"], loss[row["likelihood"]], row["parameters"])
        lines.append((*first, *scores, row["seconds_per_epoch"]))
    return f"{name}, {config.epochs} epochs, seed {config.seed}:\n\n{tables.markdown(COLUMNS, lines)}"


def run(name: str, config: Config) -> None:
    """Train what is not trained yet, time all of it, keep and print the table."""
    import json

    from aelab.baselines.components import pca_squared_error
    from aelab.report import tables

    from .common import tasks
    from .common.needs import Needs
    from .common.parameters import count

    if config.smoke:
        config = replace(config, data=("digits",), nets=("mlp",), parameters=3000, latent_dim=2, epochs=1, rounds=1)
    sets = {each: tasks.load(each, Needs(whole=False)) for each in config.data}
    grid = [point for each, splits in sets.items() for point in points(config, each, splits.spec)]
    if config.dry_run:
        sized = [
            (p.config.data, p.net, p.code, count(p.config, p.script.build, sets[p.config.data].spec)) for p in grid
        ]
        return print(tables.markdown(("data", "net", "code", "parameters"), sized))
    rows = [train(point, f"{number} of {len(grid)}") for number, point in enumerate(grid, 1)]
    if config.rounds:
        time_in_turns(grid, rows, sets, config.rounds)
    pca = {each: pca_squared_error(splits, config.latent_dim) for each, splits in sets.items()}
    text = "\n\n".join(markdown(n, [row for row in rows if row["data"] == n], pca[n], config) for n in sets)
    table = {"status": "done", "config": stored(config), "rows": rows, "pca_squared_error": pca}
    tables.keep(config.runs_dir / "architectures" / f"{identity(name, config)}-s{config.seed}", table, text)
    print(json.dumps(table) if config.json else text)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
