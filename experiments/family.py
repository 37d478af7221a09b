"""The whole family on one set of images, at one budget and with equal nets. One table and a picture of samples.

python -m experiments.family --data tfds:mnist --seeds 0 1 2

The members stand in `experiments/common/family_members.py`. Images are bits, drawn anew at every step (dynamic
binarisation), and all members have Bernoulli likelihoods, so that their bounds compare. Nothing is tuned. A member that
is done is kept, and the same command goes on with the others.
"""

import dataclasses
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

from aelab.config import Activation, Count, Natural, Positive, Seed, flags
from aelab.errors import ConfigError, SweepError
from aelab.report import tables
from aelab.runner import launch, parent_process
from aelab.runs import scripts

from .common import tasks
from .common.family_members import CLAIMS, MEMBERS, PLAIN, Member
from .common.leads import marked
from .common.needs import Needs

# A first look in minutes: most of the time of a member goes into compiling its programs.
QUICK: dict[str, Any] = {"data": "fashion_small", "epochs": 10, "seeds": (0,), "images": 100, "samples": 1000}
QUICK |= {"importance_samples": 100, "probed": 4000, "judge_epochs": 10.0, "rounds": 0}
NEEDS = Needs(kinds=("images",), unit=True, classes=1, least={"train": 2, "test": 2})  # the judge's, and Bernoulli's
CELLS = (("elbo", 2, -1), ("distortion", 2), ("l_k", 2, -1), ("active_units", 1), ("total_correlation", 2))
CELLS += (("squared_error", 2), ("frechet", 1), ("probe", 1))  # scores of a row, their digits, and the sign they get
WORDS = {"l_k": ("a better L_k", 1), "total_correlation": ("less total correlation", -1)}
SMOKE: dict[str, Any] = {"images": 20, "importance_samples": 3, "draws": 20, "samples": 20, "probed": 200}
SMOKE |= {"judge_epochs": 0.2, "rounds": 0}


@dataclass(frozen=True)
class Config(tasks.Task):
    """One set of images with classes, the budget that all members share, and how closely they are looked at."""

    members: tuple[str, ...] = ()  # lines of the table by their names; none is all
    activation: Activation = "gelu"  # of hidden layers
    widths: tuple[Count, ...] = (256, 128)  # mlp: hidden layers of the encoder; the decoder mirrors them
    latent_dim: Count = 16  # numbers in a code
    epochs: Count = 3  # passes over the training set
    lr: Positive = 2e-3  # peak learning rate, falling to 0 along a cosine
    seeds: tuple[Seed, ...] = (0, 1, 2)  # each repeats all of the table's runs
    images: Count = 200  # test images that L_k is estimated on
    importance_samples: Count = 1000  # k of L_k
    draws: Count = 1000  # test images at whose codes the total correlation is taken
    samples: Count = 5000  # images drawn for the distance
    probed: Count = 10_000  # training images whose codes a probe and a fitted mixture are given
    judge_epochs: Positive = 3.0  # passes the judge learns for
    rounds: Natural = 3  # turns in which a member is timed against the plain VAE; 0 leaves the times out
    one_core: bool = False  # compute on one core, as each of several workers does
    quick: bool = False  # minutes on a small set that comes with the package: a first look


def run(name: str, task: Config) -> None:
    """Train and score what is not done yet, keep and print the table."""
    from aelab.devices import startup

    if task.smoke:
        task = tasks.smoke(task, members=task.members or (PLAIN, "autoencoder"), **SMOKE)
    task = dataclasses.replace(task, **QUICK, quick=False) if task.quick else task
    members, folder = chosen(task), tasks.folder(name, whole(task))
    startup.start(startup.cores(), one_core=task.one_core)
    from .common import family_rows, family_scores

    splits = tasks.load(task.data, NEEDS)
    judged, real = family_scores.judge_of(splits, folder, task.judge_epochs, task.samples)
    todo = [member for member in members if family_rows.kept(task, folder, member) is None]
    if task.workers > 1 and len(todo) > 1:
        side_by_side(task, todo)
    for member in todo if task.workers == 1 or len(todo) == 1 else ():
        family_rows.make(task, folder, member, judged)
    done = {member.name: kept for member in members if (kept := family_rows.kept(task, folder, member))}
    rows = [row for kept in done.values() for row in kept.rows]
    own = {name: kept for name, kept in done.items() if not kept.rows[0]["given"]}  # M2 is given the label
    found = {
        "l_k": leads({name: kept.bound for name, kept in own.items()}),
        "total_correlation": leads({name: -kept.shared for name, kept in own.items()}),
    }
    draw(folder, {name: kept.shown for name, kept in done.items()}, splits.test)
    real = {**real, "leads": found}
    text = "\n\n".join([head(task, real), table(task, rows, [real]), "\n".join(claims(rows, found))])
    tasks.conclude(name, whole(task), rows, text.strip(), baselines=[real])


def whole(task: Config) -> Config:
    """The task whose folder all members share, however many are asked for at a time."""
    return dataclasses.replace(task, members=(), one_core=False)


def chosen(task: Config) -> list[Member]:
    """The members that are asked for.

    Raises:
        ConfigError: a name that is none, or no seed.
    """
    names = [member.name for member in MEMBERS]
    for name in task.members:
        if name not in names:
            raise ConfigError(f"--members: no {name!r}; there are {', '.join(names)}")
    tasks.require_named(task, "seeds")
    return [member for member in MEMBERS if not task.members or member.name in task.members]


def side_by_side(task: Config, todo: Sequence[Member]) -> None:
    """A process for each member, so many at a time, each on a core of its own.

    Raises:
        SweepError: one of them failed.
    """

    def process(member: Member) -> int:
        own = dataclasses.replace(task, members=(member.name,), workers=1, one_core=True)
        _, *words = shlex.split(flags.command_line(scripts.start(sys.modules[Config.__module__]), own))
        command, env = [sys.executable, *words], parent_process.child_environment()
        return subprocess.run(command, stdout=subprocess.DEVNULL, env=env, check=False).returncode

    with ThreadPoolExecutor(task.workers) as pool:
        codes = list(pool.map(process, todo))
    if failed := [member.name for member, code in zip(todo, codes, strict=True) if code]:
        raise SweepError(f"{', '.join(failed)}: ended with an error, which stands above; the same command goes on")


def leads(scores: Mapping[str, Any]) -> dict[str, list[float]]:
    """By how much the mean score of each member, `[seed, image]`, is above the plain VAE's, with a paired interval."""
    from aelab.evaluation.paired import lead_of_means

    if PLAIN not in scores:
        return {}
    plain = scores[PLAIN].mean(0, dtype="f8")
    return {name: list(lead_of_means(own, plain)) for name, own in scores.items() if own.size and name != PLAIN}


def head(task: Config, real: Mapping[str, Any]) -> str:
    """What stands above the table."""
    return (
        f"{task.data}, {task.net}, {task.epochs} epochs, seeds {task.seeds}; the judge is right on "
        f"{100 * real['accuracy']:.2f} % of the test images, and training images are at {real['train_frechet']:.1f}:"
    )


def table(task: Config, rows: Sequence[dict[str, Any]], baselines: Sequence[dict[str, Any]]) -> str:
    """A line a member, mean ± standard deviation over the seeds."""
    columns = ("member", "−ELBO", "distortion", f"−L_{task.importance_samples}", "ahead of the VAE", "active units")
    columns += ("total correlation", "squared error", "Fréchet distance", "linear probe, %", "s per epoch")
    found, lines = baselines[0]["leads"]["l_k"], []
    for name, own in tables.grouped(rows, itemgetter("member")).items():
        elbo, distortion, bound, units, shared, error, distance, read = (_cell(own, *how) for how in CELLS)
        ahead = marked(found[name], 2) if name in found else ""
        seconds = f"{own[0]['seconds']:.1f}" if "seconds" in own[0] else ""
        lines.append([name, elbo, distortion, bound, ahead, units, shared, error, distance, read, seconds])
    return tables.markdown(columns, lines)


def _cell(own: Sequence[dict[str, Any]], score: str, digits: int, sign: int = 1) -> str:
    return tables.spread([sign * row[score] for row in own if row[score] is not None], digits)


def claims(rows: Sequence[dict[str, Any]], found: Mapping[str, Mapping[str, Sequence[float]]]) -> list[str]:
    """What papers say of members, each confirmed or not, and in how many seeds it is so."""
    by_name, said = tables.grouped(rows, itemgetter("member")), []
    for score, (words, sign) in WORDS.items():
        for name in CLAIMS[score]:
            if lead := found[score].get(name):
                pairs = zip(by_name[name], by_name[PLAIN], strict=True)
                seeds = sum(sign * own[score] > sign * plain[score] for own, plain in pairs)
                sure = lead[1] > 0 and seeds == len(by_name[name])  # for other images, and for other seeds
                word, count = "confirmed" if sure else "NOT confirmed", f"in {seeds} of {len(by_name[name])} seeds"
                said.append(f"- {name}, {words} than the plain VAE: {word}; by {marked(lead, 2)} nats, {count}")
    for name, own in by_name.items():
        if own[0]["cluster_accuracy"] is not None:
            found_by = ([row[score] for row in own] for score in ("cluster_accuracy", "k_means_accuracy"))
            prior, means = (tables.spread([100 * share for share in shares], 1) for shares in found_by)
            said.append(
                f"- {name}: {prior} % of the test images lie in the component of their class; k-means: {means} %"
            )
    return said


def draw(folder: Path, shown: Mapping[str, Any], test: Any) -> None:
    """`samples.png`: a row of samples of each member, below test images."""
    import numpy as np

    from aelab.data.normalise import normalised
    from aelab.figures import paper
    from aelab.figures.tiles import tiles
    from aelab.runs.atomic import write_atomically

    count = min(len(images) for images in shown.values())
    real = normalised(test.get_batch(np.arange(min(count, len(test)))), test.spec)
    grid = np.stack([real, *(images[: len(real)] for images in shown.values())])
    with paper.style():
        figure = tiles(np.clip(grid, 0, 1), title="Samples of each member", rows=["test images", *shown])
        write_atomically(folder / "samples.png", paper.png(figure))


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
