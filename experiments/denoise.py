"""Denoising: autoencoders trained on spoilt inputs (Vincent et al. 2008), against classical methods on the same noise.

python -m experiments.denoise --data tfds:fashion_mnist --seeds 0

Two codes: `code`, of at most 64 numbers, and `spatial`, a grid of `--grid-dim` channels behind convolutional stages.
One model learns a range of noise levels, from none to the highest in the table; for the kinds of noise that
`--per-level` names, one for each level stands beside it.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal, NamedTuple, get_args

from aelab.config import Count
from aelab.errors import ConfigError
from aelab.report import tables
from aelab.runner import launch

from . import autoencoder
from .common import tasks, trained
from .common.jobs import Job, finished

Kind = Literal["gaussian", "salt_and_pepper", "masking"]
LEVELS = {"gaussian": (0.1, 0.2, 0.4), "salt_and_pepper": (0.1, 0.3), "masking": (0.3,)}
# Of the net of spatial codes, chosen on validation images of Fashion-MNIST. dB at 0.1, 0.2 and 0.4 after one pass: this
# 25.12, 22.94, 19.49; squared errors 25.02, 22.75, 19.25; one stage, gelu, squared errors and batches of 128 23.17,
# 21.06, 17.02, in batches of 32 24.49, 22.24, 17.90, with relu there 25.33, 22.65, 18.38.
GRID = {"net": "conv", "residual": 1, "latent_grid": True, "lr": 2e-3, "activation": "relu", "likelihood": "auto"}
LEVEL = itemgetter("corruption", "level")  # of a row
SHOWN = 12  # events in the picture
DIGITS = {"psnr": 2, "ssim": 3, "mse": 4}  # of a cell of the table


@dataclass(frozen=True)
class Config(tasks.Task):
    """The levels are fixed; series of any real numbers have no salt and pepper."""

    data: str = "tfds:fashion_mnist"  # a set by name, or your own: images:FOLDER, npz:FILE, npy: csv: ts: idx: tfds:
    corruptions: tuple[Kind, ...] = get_args(Kind)  # of the table
    latent_dim: Count = 64  # numbers in the code
    grid_dim: Count = 64  # channels of the spatial code
    grid_channels: tuple[Count, ...] = (32, 64)  # conv stages of the spatial code, each of which halves every axis
    grid_epochs: Count = 3  # passes over the training set for the spatial code
    grid_batch: Count = 16  # examples per step for the spatial code
    per_level: tuple[Kind, ...] = ("gaussian",)  # kinds of noise with a model for each level, too
    validation_images: Count = 100  # on which the classical methods are tuned


def run(name: str, config: Config) -> None:
    """Train what is not trained yet, tune and run the classical methods, keep and print the table."""
    from aelab import data
    from aelab.baselines.noisy import KEY, Events

    if config.smoke:
        small = {"corruptions": ("gaussian",), "per_level": (), "validation_images": 20}
        config = tasks.smoke(config, grid_epochs=1, grid_channels=(4,), grid_dim=2, **small)
    splits = data.load(config.data)
    if splits.spec.lengths:
        raise ConfigError("--data: the classical methods here need events of one length")
    events = Events(splits, config.validation_images)
    rows, baselines, pictures = [], [], {}
    kinds = [kind for kind in config.corruptions if events.unit or kind != "salt_and_pepper"]
    runs = train(name, config, kinds, images=events.images)
    for kind in kinds:
        for level in LEVELS[kind]:
            noise = events.noisy(kind, level)
            first = {"corruption": kind, "level": level}
            classical, drawn = by_hand(events, noise)
            baselines += [first | row for row in classical]
            here = [run for run in runs if run.kind == kind and run.on in ("range", f"{level:g}")]
            ours, more = by_network(events, noise, here)
            rows += [first | row for row in ours]
            pictures[kind, level] = {**drawn, **more}
    kind = config.corruptions[0]
    title = f"{config.data}: {kind}, {LEVELS[kind][-1]:g}"
    tasks.compare(name, config, pictures[kind, LEVELS[kind][-1]], title, unit=events.unit)
    facts = {"test_events": len(events.clean), "noise_key": KEY, "lead": lead(rows, baselines)}
    tasks.conclude(name, config, rows, markdown(rows, baselines, config), baselines=baselines, **facts)


class Trained(NamedTuple):
    """A finished run, and what it was trained on."""

    kind: str  # of noise
    code: str
    on: str  # `range`, or a level
    seed: int
    run: Any


def train(name: str, config: Config, kinds: Sequence[str], *, images: bool) -> list[Trained]:
    """Train the runs behind the table: kinds of noise by codes by what they are trained on by seeds."""
    points, jobs = [], []
    for kind, (code, net) in itertools.product(kinds, nets(config).items()):
        for (on, noise), seed in itertools.product(noises(config, kind).items(), config.seeds):
            own = {"likelihood": "normal", **net, **noise, "corruption": kind, "seed": seed}
            run_config = config.run_config(autoencoder.Config, series=not images, **own)
            points.append((kind, code, on, seed))
            jobs.append(Job(f"{kind}, {code}, trained on {on}, seed {seed}", autoencoder, run_config))
    return [Trained(*point, run) for point, run in zip(points, finished(name, config, jobs), strict=True)]


def nets(config: Config) -> dict[str, dict[str, Any]]:
    """The fields of both codes."""
    grid = {"channels": config.grid_channels, "latent_dim": config.grid_dim}
    grid |= {"epochs": config.grid_epochs, "batch_size": config.grid_batch}
    return {"code": {"net": config.net}, "spatial": grid | GRID}


def noises(config: Config, kind: str) -> dict[str, dict[str, Any]]:
    """The fields of what is trained on: the range of levels, and each of them where asked for."""
    found: dict[str, dict[str, Any]] = {"range": {"noise": max(LEVELS[kind]), "noise_range": True}}
    return found | ({f"{level:g}": {"noise": level} for level in LEVELS[kind]} if kind in config.per_level else {})


def by_hand(events: Any, noise: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows of the noisy events and of the classical methods; the first events, and what the best one makes of them."""
    from aelab.baselines.denoisers import spread, tune
    from aelab.evaluation.restoration import restoration_scores as score

    rows: list[dict[str, Any]] = [{"method": "noisy", "setting": None, **score(events.clean, noise.test, events.unit)}]
    drawn = {}
    for name, method in events.methods.items():
        setting = tune(method, events.validation, noise.validation, events.unit)
        restored = spread(method.apply, noise.test, setting)
        rows.append({"method": name, "setting": setting, **score(events.clean, restored, events.unit)})
        drawn[name] = restored[:SHOWN]
    best = max(rows[1:], key=lambda row: float(row["psnr"]))["method"]
    return rows, {"clean": events.clean[:SHOWN], "noisy": noise.test[:SHOWN], best: drawn[best]}


def by_network(events: Any, noise: Any, runs: list[Trained]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows of the runs, and what those over a range of levels make of the first events."""
    from aelab.evaluation.restoration import restoration_scores as score

    rows, drawn = [], {}
    for _, code, on, seed, run in runs:
        restored = trained.restore(run.path, noise.test)
        facts = {"method": code, "trained_on": on, "seed": seed, **trained.facts(run, "parameters")}
        rows.append({**facts, **score(events.clean, restored, events.unit)})
        if on == "range":
            drawn.setdefault(f"our {code}", restored[:SHOWN])
    return rows, drawn


def lead(rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By how many dB the spatial code over a range of levels, mean of the seeds, leads the best classical method."""
    from statistics import mean

    found = []
    for (kind, level), here in tables.grouped([*baselines, *rows], LEVEL).items():
        by_hand = [row for row in here if "seed" not in row and row["method"] != "noisy"]
        classical = max(by_hand, key=itemgetter("psnr"))
        ours = mean(row["psnr"] for row in here if row.get("trained_on") == "range" and row["method"] == "spatial")
        gap = ours - classical["psnr"]
        found.append({"corruption": kind, "level": level, "best": classical["method"], "db": gap, "met": gap >= 1})
    return found


def table(config: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """A line a method, a column a level, and in it PSNR (dB), SSIM (of images) and MSE."""
    every = [*baselines, *rows]
    levels = sorted(set(map(LEVEL, every)), key=lambda pair: (list(LEVELS).index(pair[0]), pair[1]))
    lines = []
    for method, own in tables.grouped(every, lambda row: (row["method"], trained_on(row))).items():
        cells = tables.grouped(own, LEVEL)
        lines.append((*method, *(scores(cells.get(level, [])) for level in levels)))
    return tables.markdown(("method", "trained on", *(f"{kind} {level:g}" for kind, level in levels)), lines)


def trained_on(row: dict[str, Any]) -> str:
    """The range of levels, or the level that is scored; nothing, of a method that learns none."""
    return {None: "", "range": "range"}.get(row.get("trained_on"), "level")


def scores(rows: list[dict[str, Any]]) -> str:
    """Those of one cell, mean ± standard deviation over the seeds."""
    found = {name: [row[name] for row in rows if name in row] for name in DIGITS}
    return " / ".join(tables.spread(values, DIGITS[name]) for name, values in found.items() if values)


def markdown(rows: list[dict[str, Any]], baselines: list[dict[str, Any]], config: Config) -> str:
    """The table, and the lead of the spatial code."""
    aims = [
        f"{row['corruption']} {row['level']:g}: {row['db']:+.2f} dB over {row['best']}, aim of 1 dB"
        f" {'met' if row['met'] else 'missed'}"
        for row in lead(rows, baselines)
    ]
    head = f"{config.data}, seeds {', '.join(map(str, config.seeds))}, all test events; ours over the best classical:"
    return f"{table(config, rows, baselines)}\n\n{head}\n\n- " + "\n- ".join(aims)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
