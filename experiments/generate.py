"""Random codes through a plain autoencoder and through a VAE, scored by a classifier of our own. One table.

python -m experiments.generate --data tfds:mnist --seeds 0 1 2

A plain autoencoder never learnt what N(0, I) decodes to. What helps is a density fitted to its codes afterwards: one
Gaussian, or a mixture (Ghosh et al. 2020, arXiv:1903.12436, who found AE with N(0, I) far worse than VAE, and AE with a
mixture of 10 better than both). Distances are those of the judge's last features; no weights come from outside.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from aelab.config import Count, Positive, Seed
from aelab.errors import ConfigError
from aelab.report import tables
from aelab.runner import launch

from . import autoencoder, vae
from .common import judged, tasks, trained
from .common.jobs import Job, finished
from .common.needs import Needs

RIVALS = {"AE": (autoencoder, ("N(0, I)", "Gaussian", "mixture")), "VAE": (vae, ("N(0, I)", "mixture"))}
NEEDS = Needs(kinds=("images",), classes=1, least={"train": 2, "test": 2})  # the judge's; one event has no covariance
# Of Ghosh et al. 2020: the first has the larger distance.
ORDER = (("AE, N(0, I)", "VAE, N(0, I)"), ("AE, N(0, I)", "AE, mixture"), ("VAE, N(0, I)", "AE, mixture"))


@dataclass(frozen=True)
class Config(tasks.Task):
    """One set of images with classes, and how much is drawn."""

    data: str = "tfds:mnist"  # a set by name, or your own: images:FOLDER, npz:FILE, csv: idx: tfds:
    latent_dim: Count = 16  # numbers in a code
    components: Count = 10  # of the mixture
    samples: Count = 10_000  # images drawn for each row
    draws: Count = 200  # resamples behind each interval
    judge_epochs: Positive = 10.0  # passes the judge learns for
    seeds: tuple[Seed, ...] = (0, 1, 2)  # each repeats all of the table's runs


def run(name: str, task: Config) -> None:
    """Train AE and VAE once per seed, draw, let the judge look, keep and print the table."""
    import numpy as np

    from aelab.evaluation import densities, likeness
    from aelab.runs.load import load

    small = {"samples": 200, "components": 3, "draws": 20, "judge_epochs": 0.2}
    task = tasks.smoke(task, **small) if task.smoke else task
    tasks.require_named(task, "seeds")
    splits = tasks.load(task.data, NEEDS)
    require_fitting(task, len(splits.train))
    points = list(itertools.product(RIVALS, task.seeds))
    runs = dict(zip(points, finished(name, task, [job(task, *point) for point in points]), strict=True))
    folder = tasks.folder(name, task)
    panel = judged.panel(splits, folder, task.judge_epochs, task.samples)
    rows, orders = [], []
    for seed in task.seeds:
        features, shown, codes = {}, {}, {}
        for kind, (_, kinds) in RIVALS.items():
            run = runs[kind, seed]
            model, weights, _ = load(run.path)
            codes[kind] = densities.training_codes(model, weights, splits.train, seed)
            for density in kinds:
                row = f"{kind}, {density}"
                z = densities.draw(density, codes[kind], task.samples, task.components, seed)
                shown[row] = densities.decode(model, weights, z, splits.spec.shape)
                opinion = panel.look(shown[row])
                features[row] = opinion.features
                rows.append({"codes": row, "seed": seed, **panel.scores(opinion), **trained.facts(run)})
        bootstrapped = likeness.bootstrap(panel.images["test"].features, features, task.draws)
        orders += [{"seed": seed, **found} for found in judged.ordering(bootstrapped, ORDER)]
        if seed == task.seeds[0]:
            judged.draw(folder, judged.first(splits, "test", 12), shown, "What random codes decode to")
            draw(folder, codes)
    floor = {"codes": "train images", "seed": None, **panel.scores(panel.images["train"])}
    head = f"{task.data}, {task.net}, {task.epochs} epochs, seeds {task.seeds}, "
    head += f"the judge is right on {100 * panel.accuracy:.2f} % of the test set:"
    said = f"Ghosh et al. 2020, 95 % intervals of the difference of distances:\n\n{judged.claims(orders, ORDER)}"
    text = "\n\n".join([head, table(task, rows, [floor]), said])
    more = {"baselines": [floor], "ordering": orders, "judge_accuracy": panel.accuracy}
    tasks.conclude(name, task, rows, text, **more, confirmed=bool(np.all([o["confirmed"] for o in orders])))


def require_fitting(task: Config, train: int) -> None:
    """
    Raises:
        ConfigError: a number that leaves nothing to score, or more components than the `train` training events.
    """
    from aelab.evaluation.densities import FITTED

    count = min(FITTED, train)
    if task.samples < 2:
        raise ConfigError(f"--samples: {task.samples} has no covariance; give at least 2")
    if task.components > count:
        raise ConfigError(f"--components: {task.components} asked for; give at most {count}, one a training event")


def job(task: Config, kind: str, seed: int) -> Job:
    """The run of one rival."""
    script, _ = RIVALS[kind]
    return Job(f"{kind}, seed {seed}", script, task.run_config(script.Config, seed=seed))


def table(task: Config, rows: Sequence[dict[str, Any]], baselines: Sequence[dict[str, Any]]) -> str:
    """A line a kind of code, mean ± standard deviation over the seeds."""
    lines = []
    for codes, own in tables.grouped([*baselines, *rows], itemgetter("codes")).items():
        lines.append([codes, *judged.cells(own)])
    return tables.markdown(("codes", *judged.COLUMNS), lines)


def draw(folder, codes) -> None:
    """`aggregate.png`, training codes beside N(0, I)."""
    import numpy as np

    from aelab import figures
    from aelab.evaluation import densities

    names, points = zip(*((kind, densities.on_components(z[:2000])) for kind, z in codes.items()), strict=True)
    prior = np.random.default_rng(0).standard_normal((len(points[0]), 2))
    figures.save(folder, "aggregate", {"names": np.array(names), "codes": np.stack(points), "prior": prior})


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
