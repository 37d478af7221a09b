"""Denoising: autoencoders trained on spoilt inputs (Vincent et al. 2008), against methods without a net.

python -m experiments.denoise --data tfds:fashion_mnist --seeds 0 1 2

Two codes: `code`, of at most 64 numbers, and `spatial`, a grid of `--grid-dim` channels behind convolutional stages.
One model learns a range of noise levels, from none to the highest in the table; for the kinds of noise that
`--per-level` names, one for each level stands beside it. An ensemble is the mean of what the seeds make of an event.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal, get_args

from aelab.config import Count, Natural, Seed
from aelab.errors import ConfigError
from aelab.report import tables
from aelab.runner import launch

from . import autoencoder
from .common import tasks, unet
from .common.jobs import Job, finished
from .common.leads import LEAD, marked
from .common.needs import LEADS, Needs
from .common.restorers import Trained, recipes
from .common.sealed import Sealed

Kind = Literal["gaussian", "salt_and_pepper", "masking"]
Code = Literal["code", "spatial"]
LEVELS = {"gaussian": (0.1, 0.2, 0.4), "salt_and_pepper": (0.1, 0.3), "masking": (0.3,)}
# Of the net of spatial codes, chosen on validation images of Fashion-MNIST. dB at 0.1, 0.2 and 0.4 after one pass: this
# 25.12, 22.94, 19.49; squared errors 25.02, 22.75, 19.25; one stage, gelu, squared errors and batches of 128 23.17,
# 21.06, 17.02, in batches of 32 24.49, 22.24, 17.90, with relu there 25.33, 22.65, 18.38.
# dB with salt and pepper of 0.1 and 0.3 after one pass: this 29.03, 22.80; one stage of 48 channels, three blocks and
# 16 numbers at a place 30.23, 23.79. The mean with the mirror image, of both nets: 29.11, 22.94; 30.42, 24.05. The mean
# over four shifts: 28.72, 22.88; 30.05, 23.93.
GRID = {"net": "conv", "latent_grid": True, "lr": 2e-3, "activation": "relu", "likelihood": "auto"}
# Of series, chosen on validation events of ECG5000: wider windows. Where steps are missing the net is told so, and only
# what is missing counts.
SERIES = GRID | {"kernel": 7, "likelihood": "normal"}
GAPS = {"see_hidden": True, "rebuild": "hidden"}
LEVEL = itemgetter("corruption", "level")  # of a row
DIGITS = {"psnr": 2, "ssim": 3, "mse": 4}  # of a cell of the table


@dataclass(frozen=True)
class Config(unet.Options, tasks.Task):
    """The levels are fixed; series of any real numbers have no salt and pepper."""

    data: str = "tfds:fashion_mnist"  # a set by name, or your own: images:FOLDER, npz:FILE, npy: csv: ts: idx: tfds:
    seeds: tuple[Seed, ...] = (0, 1, 2)  # each repeats all of the table's runs
    corruptions: tuple[Kind, ...] = get_args(Kind)  # of the table
    latent_dim: Count = 64  # numbers in the code
    grid_dim: Count = 64  # channels of the spatial code
    grid_channels: tuple[Count, ...] = (32, 64)  # conv stages of the spatial code, each of which halves every axis
    grid_residual: Natural = 1  # residual blocks in each stage of the spatial code
    grid_epochs: Count = 3  # passes over the training set for the spatial code
    grid_batch: Count = 16  # examples per step for the spatial code
    shortcut: bool = False  # mlp: a linear way past the hidden layers, from the event to the code and back
    codes: tuple[Code, ...] = get_args(Code)  # of the table
    together: bool = False  # the mean of what both codes make, too
    whole_range: bool = True  # one model for all levels of a kind of noise
    per_level: tuple[Kind, ...] = ()  # kinds of noise with a model for each level, too
    validation_images: Count = 100  # events with noise on which rivals are tuned
    test_events: Natural = 0  # to score, the first ones; 0 is all
    slow_events: Count = 1000  # to score of a slow rival that is not the strongest one


def run(name: str, config: Config) -> None:
    """Train what is not trained yet, tune the rivals, then open the test events; keep and print the table."""
    from aelab.baselines.noisy import KEY, Events

    from .common import contest

    if config.smoke:
        small = {"corruptions": ("gaussian",), "per_level": (), "validation_images": 20}
        config = tasks.smoke(config, grid_epochs=1, grid_channels=(4,), grid_dim=2, **small)
    tasks.require_named(config, "corruptions", "codes", "seeds")
    sealed = Sealed(tasks.load(config.data, Needs(kinds=("images", "series"), least=LEADS)))
    unet.require(config, sealed.spec)
    events = Events(sealed.spec, sealed.train, sealed.validation, config.validation_images)
    kinds = [kind for kind in config.corruptions if events.unit or kind != "salt_and_pepper"]
    if not kinds:
        raise ConfigError("--corruptions: salt and pepper needs values in [0, 1]; name another kind")
    if not config.whole_range and set(kinds) - set(config.per_level):
        raise ConfigError(
            f"--no-whole-range: --per-level lacks {', '.join(sorted(set(kinds) - set(config.per_level)))}"
        )
    runs = train(name, config, kinds, images=events.images)
    levels = [(kind, level) for kind in kinds for level in LEVELS[kind]]
    sides = {(kind, level): opponents(config, sealed, events, runs, kind, level) for kind, level in levels}
    test = sealed.open()
    rows, baselines, leads = [], [], []
    for kind, level in levels:
        seen = events.test(test, kind, level, config.test_events or None)
        first = {"corruption": kind, "level": level}
        found = contest.scored(seen, *sides[kind, level], config.slow_events)
        rows += [first | row for row in found.rows]
        baselines += [first | row for row in found.baselines]
        leads += [first | row for row in found.leads]
        if (kind, level) == (kinds[0], LEVELS[kinds[0]][-1]):
            title = f"{config.data}: {kind}, {level:g}"
            tasks.compare(name, config, found.drawn, title, unit=events.unit)
    for kind in kinds if config.unet else ():
        every = {level: events.test(test, kind, level, config.test_events or None) for level in LEVELS[kind]}
        baselines += unet.noise_rows(config, sealed.train, contest.Judge(kind, events.unit), every)
    facts = {"test_events": len(seen.clean), "noise_key": KEY, "lead": leads}
    tasks.conclude(name, config, rows, markdown(config, rows, baselines, leads), baselines=baselines, **facts)


def opponents(config: Config, sealed: Sealed, events: Any, runs: list[Trained], kind: str, level: float) -> tuple:
    """The judge of a kind of noise, the rivals at a level of it, tuned, and our runs, all by validation events."""
    from aelab.baselines.denoisers import denoisers

    from .common import contest

    judge, seen = contest.Judge(kind, events.unit), events.validation(kind, level)
    own = recipes(
        [run for run in runs if run.kind == kind and run.on in ("range", f"{level:g}")], together=config.together
    )
    rivals = contest.tuned(denoisers(events, kind, level), seen, judge, sealed.tune)
    return judge, rivals, contest.chosen(own, seen, judge)


def train(name: str, config: Config, kinds: Sequence[str], *, images: bool) -> list[Trained]:
    """Train the runs behind the table: kinds of noise by codes by what they are trained on by seeds."""
    recipes = [(kind, code, net) for kind in kinds for code, net in nets(config, kind, images=images).items()]
    points, jobs = [], []
    for kind, code, net in recipes:
        for (on, noise), seed in itertools.product(noises(config, kind).items(), config.seeds):
            own = {"likelihood": "normal", **net, **noise, "corruption": kind, "seed": seed}
            seldom = max(1.0, net.get("epochs", config.epochs) / 10)  # an epoch of a small set is over at once
            own |= {"eval_every": seldom, "save_every": seldom}
            run_config = config.run_config(autoencoder.Config, series=not images, **own)
            points.append((kind, code, on, seed))
            jobs.append(Job(f"{kind}, {code}, trained on {on}, seed {seed}", autoencoder, run_config))
    return [Trained(*point, run) for point, run in zip(points, finished(name, config, jobs), strict=True)]


def nets(config: Config, kind: str, *, images: bool) -> dict[str, dict[str, Any]]:
    """The fields of both codes."""
    grid: dict[str, Any] = {"channels": config.grid_channels, "residual": config.grid_residual}
    grid |= {"latent_dim": config.grid_dim, "epochs": config.grid_epochs, "batch_size": config.grid_batch}
    grid |= GRID if images else SERIES
    gaps = GAPS if kind == "masking" and not images else {}
    found = {"code": {"net": config.net, **gaps}, "spatial": grid | gaps}
    return {code: found[code] for code in config.codes}


def noises(config: Config, kind: str) -> dict[str, dict[str, Any]]:
    """The fields of what is trained on: the range of levels, and each of them where asked for."""
    found: dict[str, dict[str, Any]] = {"range": {"noise": max(LEVELS[kind]), "noise_range": True}}
    found = found if config.whole_range else {}
    return found | ({f"{level:g}": {"noise": level} for level in LEVELS[kind]} if kind in config.per_level else {})


def table(config: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """A line a method, a column a level, and in it PSNR (dB), SSIM (of images) and MSE; `plain` PSNR below it."""
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


def claims(leads: list[dict[str, Any]]) -> list[str]:
    """A sentence for each level: by how much each of ours leads the strongest rival."""
    found = []
    for (kind, level), here in tables.grouped(leads, LEVEL).items():
        ours = [
            f"{row['method']}{', ensemble' if row['ensemble'] else ''} ({trained_on(row)}) {marked(LEAD(row), 2)}"
            for row in here
        ]
        found.append(f"{kind} {level:g}, against {here[0]['rival']}: {', '.join(ours)}")
    return found


def markdown(
    config: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]], leads: list[dict[str, Any]]
) -> str:
    """The table, and the leads of the spatial code."""
    seeds = ", ".join(map(str, config.seeds))
    head = f"{config.data}, seeds {seeds}, all test events; dB ahead of the strongest rival, with 95 % intervals:"
    text = f"{table(config, rows, baselines)}\n\n{head}\n\n- " + "\n- ".join(claims(leads))
    return text + unet.said(unet.distances(leads, rows, baselines, LEVEL), LEVEL)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
