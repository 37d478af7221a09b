"""Does a class-conditional VAE draw the class that it is asked for? A classifier of our own looks. One table.

python -m experiments.conditional --data tfds:mnist --seeds 0 1 2

The VAE is shown the label of an event beside the event and beside the code (Kingma et al. 2014, arXiv:1406.5298; Sohn
et al. 2015, NIPS). Its code is then free to carry what the label does not say, and a sample is a draw from N(0, I)
decoded with a label. The judge is that of `experiments.generate`. It has never seen a sample.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aelab.config import Count, Positive, Seed
from aelab.report import tables
from aelab.runner import launch

from . import vae
from .common import tasks, trained
from .common.jobs import Job, finished
from .common.needs import Needs

COLUMNS = ("images", "recognised", "fewest in a class", "class")


@dataclass(frozen=True)
class Config(tasks.Task):
    """One set of images with classes, and how much is drawn."""

    data: str = "tfds:mnist"  # a set by name, or your own: images:FOLDER, npz:FILE, csv: idx: tfds:
    latent_dim: Count = 2  # numbers in a code
    epochs: Count = 12  # passes over the training set
    beta: Positive = 2.0  # weight of the rate: above 1, codes come closer to the prior that samples are drawn from
    samples: Count = 1000  # images drawn for each seed, as many of one class as of another, or one more
    judge_epochs: Positive = 10.0  # passes the judge learns for
    seeds: tuple[Seed, ...] = (0, 1, 2)  # each repeats all of the table's runs


def run(name: str, task: Config) -> None:
    """Train the VAE once per seed, draw samples of each class, let the judge say what they are."""
    import numpy as np

    from aelab.data.normalise import normalised
    from aelab.evaluation import judge

    task = tasks.smoke(task, samples=50, judge_epochs=0.2) if task.smoke else task
    tasks.require_named(task, "seeds")
    splits = tasks.load(task.data, Needs(kinds=("images",), classes=1), condition="label")
    runs = finished(name, task, [job(task, seed) for seed in task.seeds])
    own, params, accuracy = judge.judge_of(
        splits, tasks.folder(name, task) / "judge.npz", epochs=task.judge_epochs, seed=0
    )
    rows = []
    for seed, trained_run in zip(task.seeds, runs, strict=True):
        images, asked = drawn(trained_run.path, splits.spec, task.samples, seed)
        told = own.look(params, images).probabilities.argmax(1)
        rows.append({"seed": seed, **recognised(asked, told, splits.spec.classes), **trained.facts(trained_run)})
    test = splits.test.get_batch(np.arange(len(splits.test)))
    told = own.look(params, normalised(test, splits.spec)).probabilities.argmax(1)
    real = recognised(test["label"], told, splits.spec.classes)
    head = f"{task.data}, {task.net}, {task.epochs} epochs, {task.samples} samples a seed, seeds {task.seeds}:"
    tasks.conclude(
        name, task, rows, f"{head}\n\n{table(task, rows, [real])}", baselines=[real], judge_accuracy=accuracy
    )


def job(task: Config, seed: int) -> Job:
    """The run of one seed."""
    return Job(
        f"conditional VAE, seed {seed}", vae, task.run_config(vae.Config, condition="label", beta=task.beta, seed=seed)
    )


def drawn(path: Any, spec: Any, samples: int, seed: int) -> tuple[Any, Any]:
    """Samples of the run in a folder, the mean of p(x|z, label) at z ~ p(z), and the labels that were asked for."""
    import numpy as np

    from aelab.data.to_batch import seen_condition
    from aelab.evaluation.generation import generate
    from aelab.runs.load import load
    from aelab.seeds import Purpose, key_for

    model, weights, _ = load(path)
    asked = np.arange(samples) % len(spec.classes)
    key = key_for(seed, Purpose.GENERATE)
    images, _ = generate(model, weights, key, np.arange(samples), spec.lengths, seen_condition(asked, spec))
    return np.asarray(images), asked


def recognised(asked: Any, told: Any, classes: Sequence[str]) -> dict[str, Any]:
    """Percent of images `told` to be of the class `asked`; of all, and of each class that is asked for, by its name."""
    import numpy as np

    right = asked == told
    by_class = {classes[label]: 100 * float(right[asked == label].mean()) for label in np.unique(asked).tolist()}
    return {"recognised": 100 * float(right.mean()), "by_class": by_class}


def table(task: Config, rows: Sequence[dict[str, Any]], baselines: Sequence[dict[str, Any]]) -> str:
    """A line for the samples, mean ± standard deviation over the seeds, and one for test images."""
    lines = []
    for images, own in (("samples", rows), ("test images", baselines)):
        means = {name: sum(row["by_class"][name] for row in own) / len(own) for name in own[0]["by_class"]}
        fewest = min(means, key=means.__getitem__)
        shares = tables.spread([row["recognised"] for row in own], 1)
        lines.append((images, f"{shares} %", f"{means[fewest]:.1f} %", fewest))
    return tables.markdown(COLUMNS, lines)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
