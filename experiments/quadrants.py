"""Quadrants of MNIST from the others, against the published table: a deterministic net, and a conditional VAE.

python -m experiments.quadrants --seeds 0 1 2

Published are nats over the hidden pixels of a test image, grey MNIST, hidden pixels -1, one, two or three quadrants
observed (the lower left; the left half; all but the lower right): Sohn et al. 2015 as made again in Pyro's tutorial on
conditional VAEs. Both nets stop after 3 epochs without a better loss on 5,000 validation images held out of train, and
are judged at their best on those; the tutorial stopped on the test images.
"""

import itertools
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from aelab.config import Activation, Count, Seed
from aelab.report import tables
from aelab.runner import launch

from . import autoencoder, cvae
from .common import tasks, trained
from .common.jobs import Job, finished
from .common.needs import Needs

# By the share that is hidden: nats of the deterministic net, and the negative conditional ELBO of the conditional VAE.
PUBLISHED = {0.75: (100.4, 71.8), 0.5: (61.9, 51.0), 0.25: (25.4, 24.2)}
VALIDATION = 1 / 12  # share of the training images that is held out
DRAWS, IMPORTANCE = 10, 100  # of z behind the bound, and behind the estimate of log p


@dataclass(frozen=True)
class Config(tasks.Task):
    """The published recipe; its nets have `--widths` hidden layers, the conditional VAE a code of `--latent-dim`."""

    activation: Activation = "relu"  # of hidden layers
    widths: tuple[Count, ...] = (500, 500)  # hidden layers of every net
    latent_dim: Count = 200  # numbers in the code of the conditional VAE
    epochs: Count = 100  # at most
    patience: Count = 3  # evaluations without a better validation loss, after which a run stops
    hidden: tuple[float, ...] = (0.75, 0.5, 0.25)  # shares of the image
    deterministic_only: bool = False  # leave the conditional VAE out
    seeds: tuple[Seed, ...] = (0, 1, 2)  # each repeats all of the table's runs


def run(name: str, config: Config) -> None:
    """Train what is not trained yet, score it at its best on validation, keep and print the table."""
    from aelab.errors import ConfigError

    if not set(config.hidden) <= set(PUBLISHED):
        raise ConfigError(f"--hidden: published are {', '.join(map(str, PUBLISHED))}")
    config = tasks.smoke(config, hidden=(0.75,)) if config.smoke else config
    tasks.require_named(config, "hidden", "seeds")
    splits = tasks.load(config.data, Needs(kinds=("images",), unit=True), validation=VALIDATION)
    points = list(itertools.product(config.seeds, config.hidden))
    first = [deterministic(config, *point) for point in points]
    guesses = finished(name, config, first)
    rows = [judge_deterministic(run, job.config, splits.test) for run, job in zip(guesses, first, strict=True)]
    if not config.deterministic_only:
        jobs = [conditional(config, *point, str(run.path)) for run, point in zip(guesses, points, strict=True)]
        runs = finished(name, config, jobs)
        rows += [judge_conditional(run, job.config, splits) for run, job in zip(runs, jobs, strict=True)]
    text = f"{config.data}, nats over the hidden pixels of a test image:\n\n{table(config, rows, [])}"
    tasks.conclude(name, config, rows, text, verdicts=verdicts(config, rows))


def shared(config: Config, share: float, seed: int) -> dict[str, Any]:
    """What both nets have in common."""
    hole = {"corruption": "fixed_quadrants", "noise": share, "fill": -1.0, "rebuild": "hidden", "seed": seed}
    how = {"likelihood": "bernoulli", "schedule": "constant", "validation": VALIDATION, "patience": config.patience}
    return {**hole, **how}


def deterministic(config: Config, seed: int, share: float) -> Job:
    """The net without a code: as an autoencoder, its last hidden layer is the code."""
    *widths, code = config.widths
    own = {"widths": tuple(widths), "latent_dim": code, "code_activation": config.activation, "mirror": False}
    made = config.run_config(autoencoder.Config, **shared(config, share, seed), **own)
    return Job(f"deterministic, {share:g} hidden, seed {seed}", autoencoder, made)


def conditional(config: Config, seed: int, share: float, baseline: str) -> Job:
    """The conditional VAE around the deterministic net, whose run folder is `baseline`."""
    own = {"baseline": baseline, "importance_samples": 0}
    made = config.run_config(cvae.Config, **shared(config, share, seed), **own)
    return Job(f"conditional VAE, {share:g} hidden, seed {seed}", cvae, made)


def judge_deterministic(run: Any, config: Any, test: Any) -> dict[str, Any]:
    """The row of a net without a code."""
    import numpy as np

    from aelab.evaluation.restoration import hidden_bce

    from .common.holes import holes

    hole = holes(test, config.corruption, config.noise, 0)
    seen = np.where(hole.hidden, -1, hole.seen).astype(np.float32)
    logits = trained.restore(run.path, seen, "best", "logits")
    nats = hidden_bce(hole.clean, logits, hole.hidden)
    return {**facts(run, config), "method": "deterministic", "nats": nats}


def judge_conditional(run: Any, config: Any, splits: Any) -> dict[str, Any]:
    """The row of a conditional VAE."""
    from aelab.evaluation.bounds import average_bound, held_out_bound
    from aelab.experiment import hyper
    from aelab.runs.load import load
    from aelab.seeds import Purpose, key_for

    model, params, _ = load(run.path, "best")
    key = key_for(config.seed, Purpose.EVALUATE)
    shown = cvae.build(config, splits.spec).shown(key, hyper(config, 1, 1))
    bound = held_out_bound(model, params, key, splits.test, DRAWS, shown, average_bound)
    tight = held_out_bound(model, params, key, splits.test, IMPORTANCE, shown)
    scores = {"nats": -float(bound.mean(dtype="f8")), f"minus_l_{IMPORTANCE}": -float(tight.mean(dtype="f8"))}
    return {**facts(run, config), **scores, "method": "conditional VAE"}


def facts(run: Any, config: Any) -> dict[str, Any]:
    """What a row says of its run."""
    row = {"observed": round(4 * (1 - config.noise)), "seed": config.seed}
    return row | trained.facts(run, "parameters", "best")


def verdicts(config: Config, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Our means over the seeds beside the published nats; met: by the net at most 1 % above, by the VAE not above."""
    from statistics import mean

    if config.data != "tfds:mnist":
        return []
    found = []
    for share, published in PUBLISHED.items():
        for method, nats, slack in zip(("deterministic", "conditional VAE"), published, (1.01, 1.0), strict=True):
            own = [r for r in rows if r["observed"] == round(4 * (1 - share)) and r["method"] == method]
            if own:
                ours = mean(r["nats"] for r in own)
                facts = {"observed": own[0]["observed"], "method": method, "nats": ours, "seeds": len(own)}
                found.append({**facts, "published": nats, "met": ours <= slack * nats})
    return found


def table(config: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """Mean ± standard deviation over the seeds; published nats where the set is theirs."""
    kind, tight = itemgetter("method", "observed"), f"minus_l_{IMPORTANCE}"
    found, lines = {kind(verdict): verdict for verdict in verdicts(config, rows)}, []
    for (method, observed), own in sorted(tables.grouped(rows, kind).items()):
        scores = [tables.spread([row[name] for row in own if name in row], 2) for name in ("nats", tight)]
        theirs = found.get((method, observed))
        published, met = (str(theirs["published"]), "yes" if theirs["met"] else "no") if theirs else ("", "")
        lines.append((observed, method, published, *scores, str(len(own)), met))
    columns = ("quadrants observed", "net", "published", "ours", f"−L_{IMPORTANCE}", "seeds", "met")
    return tables.markdown(columns, lines)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
