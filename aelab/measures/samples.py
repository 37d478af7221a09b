"""How like images the samples are, and how varied, in the features of a judge that learnt from training images."""

import zipfile
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from aelab import figures
from aelab.batch import Batch
from aelab.data.normalise import normalised
from aelab.errors import ConfigError
from aelab.evaluation import likeness
from aelab.evaluation.batches import batches, per_example
from aelab.evaluation.density_coverage import density_coverage
from aelab.evaluation.estimate import Estimate, jackknife, mean, ratio
from aelab.evaluation.generation import generate
from aelab.evaluation.judge import Judge, Opinion, judge_of
from aelab.evaluation.kernel_distance import kernel_distance
from aelab.evaluation.nearest import nearest
from aelab.evaluation.precision_recall import precision_recall
from aelab.experiment.scores import find
from aelab.measures.measure import Found, Undefined
from aelab.measures.progress import say
from aelab.measures.subject import Subject
from aelab.model import PyTree
from aelab.runs.atomic import storing
from aelab.runs.digests import digest
from aelab.seeds import Purpose, key_for

NAMES = ("judge", "frechet", "kernel_distance", "precision", "recall", "density", "coverage", "novelty")
NAMES += ("confidence", "classes")
MOST = 10_000  # images, and samples that are held against them
EPOCHS, SEED = 10.0, 0  # of the judge: all runs on one set have one judge
SHOWN = 200_000  # images that the judge sees at most, so that a large set takes no longer than 10 epochs of 20,000
COMPARED = 1000  # of both, whose nearest training examples are sought
DRAWN = 12  # of them, in a picture
UNIT = np.array([0.0, 1.0])  # black and white
FEWEST = 100  # images, below which no distance is estimated


class Looked(NamedTuple):
    """What the judge makes of images and of as many samples."""

    images: Opinion
    samples: Opinion
    accuracy: Estimate  # share of the images whose class it tells
    judge: str  # sha256 of its parameters


def measure(subject: Subject) -> Found:
    """Everything that needs samples and a judge, or why there is nothing."""
    if why := undefined(subject):
        return [Undefined(name, why) for name in NAMES]
    looked = look(subject)
    found = {"judge": looked.accuracy, "novelty": novelty(subject), **apart(looked), **seen(looked.samples)}
    said = {"judge": f"{find('judge').meaning}; sha256 of its parameters {looked.judge}"}
    return [subject.measured(name, found[name], meaning=said.get(name, "")) for name in NAMES]


def undefined(subject: Subject) -> str:
    """Why a run has no samples to judge, or its set no judge; "" where both are there."""
    spec, batch = subject.splits.spec, subject.shown(next(batches(subject.source, 1))[0])
    if len(spec.shape) != 3 or spec.values != "unit" or len(spec.classes) < 2:
        return "the judge tells the classes of images with values in [0, 1]"
    if subject.model.parts.prior is None:
        return "a plain autoencoder has no prior to draw samples from"
    if batch.counted is not None:
        return "samples are parts of images"
    few = len(subject.source) < FEWEST
    return f"{len(subject.source)} images are too few; {FEWEST} would do" if few else ""


def apart(looked: Looked) -> dict[str, Estimate]:
    """How far the features of samples are from those of images, and how much of each lies among the other."""
    features = looked.images.features, looked.samples.features
    found = jackknife(lambda *both: {"frechet": likeness.frechet(*both)}, features, least=2)
    found |= zip(("precision", "recall"), precision_recall(*features), strict=True)
    found |= zip(("density", "coverage"), density_coverage(*features), strict=True)
    return found | {"kernel_distance": kernel_distance(*features)}


def seen(samples: Opinion) -> dict[str, Estimate]:
    """How sure the judge is of samples, and how many classes it sees in them."""
    sure, of_all = samples.probabilities.max(1), [samples.probabilities]
    covered = jackknife(lambda p: {"classes": likeness.covered_classes(p)}, of_all, least=2)
    return covered | {"confidence": mean(sure)}


def look(subject: Subject) -> Looked:
    """The judge's opinion of images of the split, and of a sample for each; under its condition where there is one."""
    judge, params = judge_beside(subject)

    def of_images(batch: Batch) -> tuple:
        return judge.opinion(params, batch.targets)

    def of_samples(batch: Batch) -> tuple:
        return judge.opinion(params, sample(subject, batch))

    images, samples = (
        Opinion(*per_example(function, subject.source, first=MOST)) for function in (of_images, of_samples)
    )
    label = subject.source.get_batch(np.arange(len(images.features)))["label"]
    return Looked(images, samples, mean(images.probabilities.argmax(1) == label), digest(params))


def novelty(subject: Subject) -> Estimate:
    """How far samples are from the nearest training example, over how far examples of the split are; Euclidean.

    Some of them are drawn over these examples, as a picture of the report.
    """
    images = per_example(lambda batch: batch.targets, subject.source, first=COMPARED)
    samples = per_example(lambda batch: sample(subject, batch), subject.source, first=COMPARED)
    train = subject.splits.train
    near, far = (nearest(each, train) for each in (samples, images))
    draw_nearest(subject, samples[:DRAWN], near.index[:DRAWN, 0])
    return ratio(near.distance[:, 0], far.distance[:, 0])


def draw_nearest(subject: Subject, samples: np.ndarray, index: np.ndarray) -> None:
    """`figures/nearest.png`: samples over the training examples they are nearest to."""
    stored = subject.splits.train.get_batch(index)
    train = normalised(stored, subject.splits.spec)
    figures.save(subject.run.path / "figures", "nearest", {"samples": samples, "train": train, "limits": UNIT})


def sample(subject: Subject, batch: Batch) -> jax.Array:
    """A sample for each row, under its condition where there is one, clipped to [0, 1]."""
    shown, key = subject.shown(batch), key_for(subject.seed, Purpose.GENERATE)
    made, _ = generate(subject.model, subject.params, key, jnp.asarray(shown.index), (), shown.condition)
    return jnp.clip(made, 0, 1)


def judge_beside(subject: Subject) -> tuple[Judge, PyTree]:
    """The judge of the run's set, from the folder `judges` beside the run, or learnt now and kept there.

    Raises:
        ConfigError: the file there is no judge of this set.
        StorageError: it cannot be kept.
    """
    file = subject.run.path.resolve().parent / "judges" / f"{subject.splits.train.fingerprint[:16]}-s{SEED}.npz"
    epochs = min(EPOCHS, SHOWN / len(subject.splits.train))
    if not file.is_file():
        say(f"samples: the judge learns from {int(epochs * len(subject.splits.train)):,} images")
    try:
        with storing(file):
            judge, params, _ = judge_of(subject.splits, file, epochs=epochs, seed=SEED)
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise ConfigError(f"{file}: no judge of this set; remove the file, and it will be learnt again") from None
    return judge, params
