"""Occlusion removal: an autoencoder fills the holes of its inputs, and is judged inside them alone.

python -m experiments.occlusion --data tfds:fashion_mnist --seeds 0 1 2

On images boxes, halves, quadrants and single pixels are taken away, on series stretches of time, halves and single
steps. One net learns to fill all larger holes, another one, of spatial codes, single pixels or steps; both are shown
where the holes are. The published table of quadrants is that of `experiments.quadrants`.
"""

from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal, get_args

from aelab.config import Count, Natural, NonNegative, Seed
from aelab.errors import ConfigError
from aelab.report import tables
from aelab.runner import launch

from . import autoencoder
from .common import tasks, trained, unet
from .common.holes import KEY, Holes, Rival, clipped, holes, psnr, rivals, scores
from .common.jobs import Job, finished
from .common.leads import LEAD, marked
from .common.needs import LEADS, Needs

Kind = Literal["occlusion", "halves", "quadrants", "masking"]
STRENGTHS = {"occlusion": 0.5, "halves": 0.0, "quadrants": 0.5, "masking": 0.5}
SHOWN = 12  # events in the picture
HOLES = itemgetter("holes")  # of a row
AIM = 1.0  # dB ahead of the strongest rival
HIDDEN: dict[str, Any] = {"noise": 0.5, "see_hidden": True, "rebuild": "hidden", "likelihood": "auto"}  # of every run
# Of single pixels. The grid is the one that validation images with salt and pepper led to: see experiments/denoise.py.
PIXELS = {"net": "conv", "latent_grid": True, "lr": 2e-3, "activation": "relu"}


@dataclass(frozen=True)
class Config(unet.Options, tasks.Task):
    """The strength of every kind of hole is fixed."""

    data: str = "tfds:fashion_mnist"  # a set by name, or your own: images:FOLDER, npz:FILE, npy: csv: ts: idx: tfds:
    holes: tuple[Kind, ...] = get_args(Kind)  # of the table
    widths: tuple[Count, ...] = (1024, 512)  # mlp: hidden layers of the encoder; the decoder mirrors them
    latent_dim: Count = 256  # numbers in the code of larger holes
    epochs: Count = 20  # passes over the training set for larger holes
    weight_decay: NonNegative = 0.02  # decoupled
    pixel_channels: tuple[Count, ...] = (48,)  # single pixels: conv stages, each of which halves every axis
    pixel_dim: Count = 16  # single pixels: channels of the spatial code
    pixel_residual: Natural = 3  # single pixels: residual blocks in each stage
    pixel_epochs: Count = 3  # single pixels: passes over the training set
    pixel_batch: Count = 16  # single pixels: examples per step
    seeds: tuple[Seed, ...] = (0, 1, 2)  # each repeats all of the table's runs
    keep_visible: bool = True  # the picture shows the visible part as it was, not as the model rebuilds it
    test_events: Natural = 0  # that are scored, from the first one on; 0 for all
    validation_events: Count = 300  # on which what it is held against is tuned, and the strongest chosen
    biharmonic_images: Count = 100  # images that biharmonic inpainting, which is slow, is scored on


def run(name: str, config: Config) -> None:
    """Train what is not trained yet, tune what it is held against, open the test events, keep and print the table."""
    import numpy as np

    from aelab.baselines.gaussian import moments
    from aelab.evaluation.batches import per_example

    from .common.sealed import Sealed

    if config.smoke:
        small = {"pixel_channels": (4,), "pixel_dim": 2, "pixel_residual": 1, "pixel_epochs": 1}
        small |= {"biharmonic_images": 5}
        config = tasks.smoke(config, **small, holes=("occlusion", "masking"), validation_events=50)
    tasks.require_named(config, "holes", "seeds")
    sealed = Sealed(tasks.load(config.data, Needs(kinds=("images", "series"), least=LEADS)))
    unet.require(config, sealed.spec)
    kinds = [kind for kind in config.holes if len(sealed.spec.shape) == 3 or kind != "quadrants"]
    if not kinds:
        raise ConfigError("--holes: series have no quadrants; name another kind")
    points = [(kind, seed) for seed in config.seeds for kind in kinds]
    runs = dict(zip(points, finished(name, config, [job(config, sealed.spec, *p) for p in points]), strict=True))
    many = (config.validation_events, config.biharmonic_images)
    fitted = moments(per_example(lambda batch: batch.inputs, sealed.train))
    known = {kind: rivals(sealed, fitted, kind, STRENGTHS[kind], *many) for kind in kinds}
    test = sealed.open()
    rows, baselines, ahead, pictures = [], [], [], {}
    for kind in kinds:
        hole = holes(test, kind, STRENGTHS[kind], 0, config.test_events or None)
        own, guesses = by_network(sealed.spec, {seed: runs[kind, seed] for seed in config.seeds}, hole)
        others, strongest = by_hand(config, sealed.spec, known[kind], hole)
        first = {"holes": kind}
        rows += [first | row for row in own]
        baselines += [first | row for row in others]
        ahead += [first | row for row in leads(sealed.spec, hole, guesses, *strongest)]
        pictures.setdefault("original", hole.clean[:SHOWN])
        shown = np.where(hole.hidden, guesses[0], hole.seen) if config.keep_visible else guesses[0]
        pictures |= {kind: hole.seen[:SHOWN], f"{kind}, filled": shown[:SHOWN]}
    if config.unet:
        cut = {kind: holes(test, kind, STRENGTHS[kind], 0, config.test_events or None) for kind in kinds}
        baselines += unet.hole_rows(config, sealed.train, cut, HIDDEN["noise"])
    title = f"{config.data}: holes, and what our net puts there"
    tasks.compare(name, config, pictures, title, unit=sealed.spec.values == "unit")
    facts = {"test_events": min(config.test_events or len(test), len(test)), "holes_key": KEY, "lead": ahead}
    text = f"{config.data}, inside the holes alone:\n\n{table(config, rows, baselines)}"
    text = f"{text}\n\n{claims(ahead)}{unet.said(unet.distances(ahead, rows, baselines, HOLES), HOLES)}"
    tasks.conclude(name, config, rows, text, baselines=baselines, **facts)


def job(config: Config, spec: Any, kind: str, seed: int) -> Job:
    """The run that fills a kind of hole: one net fills single pixels or steps, one all larger holes."""
    own: dict[str, Any] = {"corruption": "masking" if kind == "masking" else "regions"}
    if kind == "masking":
        own |= {"channels": config.pixel_channels, "residual": config.pixel_residual, "latent_dim": config.pixel_dim}
        own |= {"epochs": config.pixel_epochs, "batch_size": config.pixel_batch, **PIXELS}
    how = {"series": len(spec.shape) < 3, "seed": seed, **HIDDEN}
    return Job(f"{own['corruption']}, seed {seed}", autoencoder, config.run_config(autoencoder.Config, **how, **own))


def by_hand(config: Config, spec: Any, known: list[Rival], hole: Holes) -> tuple[list[dict[str, Any]], tuple[str, Any]]:
    """Rows of the rivals; the name of the one that is strongest on validation events, and its PSNR by test event."""
    rows, strongest, best = [], None, max(known, key=lambda rival: rival.validation)
    for rival in known:
        some = Holes(*(x[: config.biharmonic_images] for x in hole)) if rival.filler.slow else hole
        guess = clipped(spec, rival.filler.fill(some.seen, some.hidden, **rival.setting))
        method = f"{rival.method} (first {len(some.clean)} images)" if rival.filler.slow else rival.method
        facts = {"method": method, "setting": rival.setting, "validation_psnr": rival.validation}
        rows.append(facts | {"strongest": rival is best} | scores(spec, some, guess))
        strongest = psnr(spec, some, guess) if rival is best else strongest
    return rows, (best.method, strongest)


def by_network(spec: Any, runs: dict[int, Any], hole: Holes) -> tuple[list[dict[str, Any]], Any]:
    """Rows of the runs by seed and of the mean of their guesses; and the guesses, `[seed, event, …]`."""
    import numpy as np

    guesses = np.stack(
        [clipped(spec, trained.restore(run.path, hole.seen, hidden=hole.hidden)) for run in runs.values()]
    )
    rows = []
    for guess, (seed, run) in zip(guesses, runs.items(), strict=True):
        facts = {"method": "ours", "seed": seed, **trained.facts(run, "parameters")}
        rows.append(facts | scores(spec, hole, guess))
    if len(runs) > 1:
        rows.append({"method": "ours, ensemble", "seeds": len(runs), **scores(spec, hole, guesses.mean(0))})
    return rows, guesses


def leads(spec: Any, hole: Holes, guesses: Any, rival: str, theirs: Any) -> list[dict[str, Any]]:
    """By how many dB our nets, mean of the seeds, and their ensemble are ahead of the strongest rival.

    `theirs` is its PSNR on the first events, those that it was scored on.
    """
    import numpy as np

    from aelab.evaluation.paired import lead_of_means

    some = Holes(*(x[: len(theirs)] for x in hole))
    ours = np.stack([psnr(spec, some, guess[: len(theirs)]) for guess in guesses])
    found = {"ours": lead_of_means(ours, theirs)}
    if len(guesses) > 1:
        found["ours, ensemble"] = lead_of_means(psnr(spec, some, guesses[:, : len(theirs)].mean(0)), theirs)
    facts = {"rival": rival, "events": len(theirs), "seeds": len(guesses)}
    return [
        {"method": name, **facts, "db": lead.value, "low": lead.low, "high": lead.high} for name, lead in found.items()
    ]


def table(config: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """MSE and PSNR inside the holes, mean ± standard deviation over the seeds; the strongest rival is marked."""
    lines = []
    for (kind, method), own in tables.grouped([*baselines, *rows], itemgetter("holes", "method")).items():
        cells = (tables.spread([row[name] for row in own], digits) for name, digits in (("mse", 4), ("psnr", 2)))
        lines.append((kind, f"**{method}**" if own[0].get("strongest") else method, *cells))
    lines.sort(key=lambda line: list(STRENGTHS).index(line[0]))
    return tables.markdown(("holes", "method", "MSE", "PSNR"), lines)


def claims(ahead: list[dict[str, Any]]) -> str:
    """The leads with their intervals, a line for each kind of hole, and whether ours meet the aim."""
    lines = []
    for kind, (ours, *ensemble) in tables.grouped(ahead, HOLES).items():
        met = "met" if ours["db"] >= AIM else "missed"
        line = f"- {kind}: {marked(LEAD(ours), 2, ' dB')} over {ours['rival']}, aim of {AIM:g} dB {met}"
        lines.append(
            line + "".join(f"; the mean of {own['seeds']} nets {marked(LEAD(own), 2, ' dB')}" for own in ensemble)
        )
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
