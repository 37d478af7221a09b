"""Occlusion removal: an autoencoder fills the holes of its inputs, and is judged inside them alone.

python -m experiments.occlusion --data tfds:fashion_mnist --seeds 0

On images boxes, halves, quadrants and single pixels are taken away, on series stretches of time and single steps; one
model each. The published table of quadrants is that of `experiments.quadrants`.
"""

import itertools
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal, NamedTuple

from aelab.config import Count
from aelab.report import tables
from aelab.runner import launch

from . import autoencoder
from .common import tasks, trained
from .common.jobs import Job, finished

STRENGTHS = {"occlusion": 0.5, "halves": 0.0, "quadrants": 0.5, "masking": 0.5}
KEY = 2015  # of the holes that are scored
SHOWN = 12  # events in the picture


@dataclass(frozen=True)
class Config(tasks.Task):
    """Every hole has its own model; the strength of each is fixed."""

    data: str = "tfds:fashion_mnist"  # a set by name, or your own: images:FOLDER, npz:FILE, npy: csv: ts: idx: tfds:
    holes: tuple[Literal["occlusion", "halves", "quadrants", "masking"], ...] = (
        "occlusion",
        "halves",
        "quadrants",
        "masking",
    )  # of the table
    latent_dim: Count = 64  # numbers in the code
    keep_visible: bool = True  # the picture shows the visible part as it was, not as the model rebuilds it
    biharmonic_images: Count = 200  # test images that biharmonic inpainting, which is slow, is scored on
    memory: Count = 10_000  # training events among which neighbours are looked for


class Holes(NamedTuple):
    """A split with one kind of hole, drawn once."""

    clean: Any  # [event, *shape]
    seen: Any  # the same with zeros in the holes
    hidden: Any  # bool


def run(name: str, config: Config) -> None:
    """Train what is not trained yet, fill in by hand what it is held against, keep and print the table."""
    from aelab import data
    from aelab.errors import ConfigError
    from aelab.evaluation.batches import per_example

    if config.smoke:
        config = tasks.smoke(config, holes=("occlusion",), biharmonic_images=5)
    splits = data.load(config.data)
    if splits.spec.lengths:
        raise ConfigError("--data: the holes here need events of one length")
    kinds = [kind for kind in config.holes if len(splits.spec.shape) == 3 or kind != "quadrants"]
    points = list(itertools.product(kinds, config.seeds))
    runs = finished(name, config, [job(config, splits, *point) for point in points])
    tests = {kind: holes(splits.test, kind, STRENGTHS[kind], 0) for kind in kinds}
    rows, drawn = [], {}
    for (kind, seed), run in zip(points, runs, strict=True):
        row, guess = by_network(config, splits, run, tests[kind])
        rows.append({"holes": kind, "seed": seed, **row})
        drawn.setdefault(kind, (tests[kind].seen[:SHOWN], guess[:SHOWN]))
    train = per_example(lambda batch: batch.inputs, splits.train, first=config.memory)
    by_others = {kind: by_hand(config, splits, train, kind, test) for kind, test in tests.items()}
    baselines = [{"holes": kind, **row} for kind, found in by_others.items() for row in found]
    pictures = {"original": next(iter(tests.values())).clean[:SHOWN]}
    for kind, (seen, guess) in drawn.items():
        pictures |= {kind: seen, f"{kind}, filled": guess}
    title = f"{config.data}: holes, and what a code of {config.latent_dim} numbers puts there"
    tasks.compare(name, config, pictures, title, unit=splits.spec.values == "unit")
    facts = {"test_events": len(splits.test), "holes_key": KEY}
    text = f"{config.data}, all test events, inside the holes alone:\n\n{table(config, rows, baselines)}"
    tasks.conclude(name, config, rows, text, baselines=baselines, **facts)


def holes(source, kind: str, strength: float, number: int, first: int | None = None) -> Holes:
    """Events with holes from a fixed key, one `number` a split."""
    import jax
    import numpy as np

    from aelab import corruptions
    from aelab.evaluation.batches import per_example
    from aelab.seeds import base_key

    spoil = corruptions.named(kind, source.spec.values, source.spec.shape)
    key = jax.random.fold_in(base_key(KEY), number)
    spoilt = jax.jit(lambda batch: spoil(key, batch, strength))

    def arrays(batch):
        after = spoilt(batch)
        return Holes(after.targets, after.inputs, after.hidden)

    return Holes(*map(np.asarray, per_example(arrays, source, first=first)))


def by_hand(config: Config, splits, train, kind: str, test: Holes) -> list[dict[str, Any]]:
    """Rows of the mean event, of nearest neighbours with k from validation, and of biharmonic inpainting on images."""
    from aelab.baselines import inpainting
    from aelab.evaluation import restoration

    score = restoration.hidden_scores
    tried = holes(splits.validation or splits.train, kind, STRENGTHS[kind], 1, first=300)
    mse = {
        k: score(tried.clean, inpainting.neighbours(train, tried.seen, tried.hidden, k), tried.hidden)["mse"]
        for k in (1, 3, 10, 30)
        if k <= len(train)
    }
    k = min(mse, key=lambda k: mse[k])
    rows = [
        {"method": "mean", **score(test.clean, inpainting.mean_event(train, test.seen, test.hidden), test.hidden)},
        {
            "method": f"{k} neighbours in the visible part",
            **score(test.clean, inpainting.neighbours(train, test.seen, test.hidden, k), test.hidden),
        },
    ]
    if test.clean.ndim == 4:
        some = Holes(*(x[: config.biharmonic_images] for x in test))
        filled = inpainting.biharmonic(some.seen, some.hidden)
        rows.append(
            {"method": f"biharmonic (first {len(some.clean)} images)", **score(some.clean, filled, some.hidden)}
        )
    return rows


def job(config: Config, splits, kind: str, seed: int) -> Job:
    """The run of one kind of hole."""
    own = {"corruption": kind, "noise": STRENGTHS[kind], "rebuild": "hidden", "likelihood": "normal", "seed": seed}
    run_config = config.run_config(autoencoder.Config, series=len(splits.spec.shape) < 3, **own)
    return Job(f"{kind}, seed {seed}", autoencoder, run_config)


def by_network(config: Config, splits, run: Any, test: Holes) -> tuple[dict[str, Any], Any]:
    """The row of a run, and what it makes of the events."""
    import numpy as np

    from aelab.evaluation.restoration import hidden_scores

    guess = trained.restore(run.path, test.seen)
    guess = np.clip(guess, 0, 1) if splits.spec.values == "unit" else guess
    facts = {"method": f"{config.net}, code of {config.latent_dim}", **trained.facts(run, "parameters")}
    shown = np.where(test.hidden, guess, test.seen) if config.keep_visible else guess
    return {**facts, **hidden_scores(test.clean, guess, test.hidden)}, shown


def table(config: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """MSE and PSNR inside the holes, mean ± standard deviation over the seeds."""
    lines = []
    for (holes, method), own in tables.grouped([*baselines, *rows], itemgetter("holes", "method")).items():
        scores = (tables.spread([row[name] for row in own], digits) for name, digits in (("mse", 4), ("psnr", 2)))
        lines.append((holes, method, *scores))
    lines.sort(key=lambda line: list(STRENGTHS).index(line[0]))
    return tables.markdown(("holes", "method", "MSE", "PSNR"), lines)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
