"""Generators of images side by side: a VAE, a VAE-GAN, and quantised codes with a prior trained after. One table.

python -m experiments.generators --data fashion_small --kinds vae vae_gan vq --seeds 0 1 2

Each kind draws as many images as there are test images, and a judge, which has learnt the classes of the set, says how
far they are from these. The table also has what bounds there are in bits per dimension: a quantised code has one
before its prior is trained, when all codes are taken for alike, and a better one after. Nothing is tuned.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, Literal

from aelab.config import Count, NetName, Positive, Seed
from aelab.config.quantised import Quantiser
from aelab.report import tables
from aelab.runner import launch

from . import code_prior, tokenizers, vae, vae_gan
from .common import judged, tasks, trained
from .common.jobs import Job, finished
from .common.needs import Needs

PLAIN = {"vae": vae, "vae_gan": vae_gan}  # kinds that draw from N(0, I)
COLUMNS = ("generator", "seeds", "squared error", "bits per dim, all codes alike", "bits per dim", "bits per code")
NEEDS = Needs(kinds=("images",), unit=True, classes=2, least={"train": 2, "test": 2})  # the judge's
SHOWN = 12  # images of each kind in the picture
Kind = Literal["vae", "vae_gan"] | Quantiser


@dataclass(frozen=True)
class Config(tasks.Task):
    """Kinds of generators of one net, and how their codes' priors are trained."""

    data: str = "fashion_small"  # a set of images with classes, by name, or your own: images:FOLDER, npz:FILE
    kinds: tuple[Kind, ...] = ("vae", "vae_gan", "vq")  # a row each; all but the first two have quantised codes
    net: NetName = "conv"  # architecture; conv has a quantised code at each place of its last grid
    latent_dim: Count = 16  # numbers of a code, or of an entry of a book
    epochs: Count = 20  # passes over the training set
    codes: Count = 256  # of a quantised code at each place: 64, 256, 1024, 4096 or 16384
    prior_net: Literal["conv", "transformer"] = "transformer"  # over the codes
    prior_epochs: Count = 30  # passes over the codes of the training set
    prior_lr: Positive = 2e-3  # peak learning rate of the prior
    draws: Count = 200  # resamples behind each interval
    judge_epochs: Positive = 10.0  # passes the judge learns for
    seeds: tuple[Seed, ...] = (0, 1, 2)  # each repeats all of the table's runs


def job(config: Config, splits: Any, kind: Kind, seed: int) -> Job:
    """The run of one generator, the prior of its codes apart."""
    if kind == "vae" or kind == "vae_gan":
        own = config.run_config(PLAIN[kind].Config, seed=seed, figures="none")
        return Job(f"{kind}, seed {seed}", PLAIN[kind], own)
    return tokenizers.job(config, splits, config.codes, kind, seed)


def prior_job(config: Config, run: Any, kind: Kind, seed: int) -> Job:
    """The run of a prior over the codes of a finished run."""
    own: dict[str, Any] = {"prior_net": config.prior_net, "epochs": config.prior_epochs, "lr": config.prior_lr}
    own |= {"batch_size": config.batch_size, "schedule": "cosine", "smoke": config.smoke, "seed": seed}
    settings = code_prior.Config(codes_of=str(run.path), figures="none", **own)
    return Job(f"prior over the codes of {kind}, seed {seed}", code_prior, settings.resolved())


def named(config: Config, kind: Kind) -> str:
    """The first cell of a row."""
    return kind if kind in PLAIN else f"{kind} + {config.prior_net}"


def sampled(run: Any, count: int, seed: int):
    """Images from a run's prior, `[count, *event]`, clipped to [0, 1]."""
    import numpy as np

    from aelab.evaluation.batches import by_block
    from aelab.evaluation.generation import generate
    from aelab.runs.load import load
    from aelab.seeds import Purpose, key_for

    model, params, _ = load(run.path)
    made = partial(generate, model, params, key_for(seed, Purpose.GENERATE))
    return np.clip(by_block(lambda index: made(index)[0], np.arange(count)), 0, 1)


def row(config: Config, kind: Kind, seed: int, first: Any, last: Any) -> dict[str, Any]:
    """What the scores of a generator say: `first` is the autoencoder's run, `last` that which draws."""
    before, after = (run.read("summary.json")["scores"] for run in (first, last))
    found = {"generator": named(config, kind), "seed": seed, "squared_error": before["test/squared_error"]}
    found |= {"bits_per_dim": after["test/bits_per_dim"], **trained.facts(last)}
    if first is not last:
        found |= {"alike_bits_per_dim": before["test/bits_per_dim"], "bits_per_code": after["test/bits_per_code"]}
    return found


def table(rows: Sequence[dict[str, Any]]) -> str:
    """A line for each kind; several seeds as mean ± standard deviation."""
    bounds = (("squared_error", 2), ("alike_bits_per_dim", 3), ("bits_per_dim", 3), ("bits_per_code", 2))
    lines = []
    for generator, own in tables.grouped(rows, itemgetter("generator")).items():
        seeds = " ".join(str(found["seed"]) for found in own if found["seed"] is not None)
        cells = [tables.spread([found[name] for found in own if name in found], digits) for name, digits in bounds]
        lines.append((generator, seeds, *cells, *judged.cells(own)))
    return tables.markdown((*COLUMNS, *judged.COLUMNS), lines)


def trained_all(name: str, config: Config, splits: Any) -> dict[tuple[Kind, int], tuple[Any, Any]]:
    """The autoencoder of each kind and seed, and the run that draws: its own, or that of its codes' prior."""
    points = list(itertools.product(config.kinds, config.seeds))
    runs = dict(zip(points, finished(name, config, [job(config, splits, *point) for point in points]), strict=True))
    coded = [point for point in points if point[0] not in PLAIN]
    one_by_one = dataclasses.replace(config, workers=1)  # a child is in its parent's folder, and no point of a sweep
    jobs = [prior_job(config, runs[point], *point) for point in coded]
    priors = dict(zip(coded, finished(name, one_by_one, jobs), strict=True))
    return {point: (first, priors.get(point, first)) for point, first in runs.items()}


def look(config: Config, panel: judged.Panel, runs: Mapping[Kind, tuple[Any, Any]], seed: int):
    """Of a seed: the rows, the 95 % intervals of how much nearer than the first kind each other one is, and images."""
    from aelab.evaluation import likeness

    real, rows, features, shown = panel.images["test"].features, [], {}, {}
    for kind, (first, last) in runs.items():
        made = sampled(last, len(real), seed)
        opinion, label = panel.look(made), named(config, kind)
        shown[label], features[label] = made[:SHOWN], opinion.features
        rows.append(row(config, kind, seed, first, last) | panel.scores(opinion))
    found = judged.ordering(likeness.bootstrap(real, features, config.draws), order(config))
    return rows, [{"seed": seed, **each} for each in found], shown


def order(config: Config) -> list[tuple[str, str]]:
    """What is claimed: that the images of each other kind are nearer than those of the first."""
    first, *others = (named(config, kind) for kind in config.kinds)
    return [(first, other) for other in others]


def run(name: str, config: Config) -> None:
    """Train what is not trained yet, draw, let the judge look, keep and print the table.

    Raises:
        ConfigError: there is no grid for so many codes.
    """
    tasks.require_named(config, "kinds", "seeds")
    if config.smoke:
        config = tasks.smoke(config, codes=64, draws=20, judge_epochs=0.2, prior_epochs=1)
    tokenizers.require_grids((config.codes,))
    splits = tasks.load(config.data, NEEDS)
    runs = trained_all(name, config, splits)
    folder = tasks.folder(name, config)
    panel = judged.panel(splits, folder, config.judge_epochs, len(splits.test))
    rows, orders = [], []
    for seed in config.seeds:
        own = {kind: runs[kind, seed] for kind in config.kinds}
        found, ordered, shown = look(config, panel, own, seed)
        rows, orders = rows + found, orders + ordered
        if seed == config.seeds[0]:
            judged.draw(folder, judged.first(splits, "test", SHOWN), shown, "What each generator draws")
    floor = {"generator": "train images", "seed": None, **panel.scores(panel.images["train"])}
    head = f"{config.data}, {config.net}, {len(splits.train):,} training events, {config.epochs} epochs, "
    head += f"the judge is right on {100 * panel.accuracy:.2f} % of the test set:"
    said = f"95 % intervals of the difference of distances:\n\n{judged.claims(orders, order(config))}"
    text = "\n\n".join([head, table([floor, *rows]), said])
    tasks.conclude(name, config, rows, text, baselines=[floor], ordering=orders, judge_accuracy=panel.accuracy)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
