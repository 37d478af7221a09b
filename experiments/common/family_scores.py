"""The scores of one run of the family, and the judge that looks at its samples."""

from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aelab import data
from aelab.data.arrays import labels, resident, take
from aelab.data.bits import Bits
from aelab.data.normalise import normalised
from aelab.data.to_batch import seen_condition
from aelab.devices import programs
from aelab.evaluation import densities, judge, likeness, probes
from aelab.evaluation.bounds import held_out_bound
from aelab.evaluation.generation import generate
from aelab.evaluation.scores import flat_codes
from aelab.evaluation.total_correlation import total_correlation
from aelab.report.tables import Row
from aelab.runs.folder import Run
from aelab.runs.load import load
from aelab.seeds import Purpose, key_for

from . import trained

SHOWN = 20  # samples in the picture
BLOCK = 1000  # samples a program call
COMPONENTS = 10  # of the mixture that codes without a prior are drawn from
# Of those that a run has anyway, where it has them.
SCORES = ("elbo", "distortion", "active_units", "squared_error")
SCORES += ("class_error", "cluster_accuracy", "k_means_accuracy")


class Judged(NamedTuple):
    """What samples are judged by: a classifier of our own, and its features of the test images."""

    judge: judge.Judge
    params: Any
    real: np.ndarray  # [image, feature]

    def distance(self, images: np.ndarray) -> float:
        """The Fréchet distance of images, as a model sees them, from the test images."""
        return likeness.frechet(self.real, self.judge.look(self.params, images).features)


class Scored(NamedTuple):
    """A run's line of the table, and what stands behind it."""

    row: Row
    bound: np.ndarray  # L_k of each of the first test images, [image]; none where a code has no density
    shared: np.ndarray  # total correlation at a code of each of the first, [image]; none where no code is one normal
    shown: np.ndarray  # samples, [image, *event]


def judge_of(splits: Any, folder: Path, epochs: float, samples: int) -> tuple[Judged, dict[str, float]]:
    """The judge of a set of grey images; its accuracy, and the distance of so many training images."""
    own, params, accuracy = judge.judge_of(splits, folder / "judge.npz", epochs=epochs, seed=0)
    test, train = (_grey(part, count) for part, count in ((splits.test, len(splits.test)), (splits.train, samples)))
    judged = Judged(own, params, own.look(params, test).features)
    return judged, {"accuracy": accuracy, "train_frechet": judged.distance(train)}


def _grey(source: Any, count: int) -> np.ndarray:
    return normalised(source.get_batch(np.arange(min(count, len(source)))), source.spec)


@cache
def _load(options: data.DataOptions) -> Any:
    splits = data.load(options)
    return splits._replace(test=resident(splits.test))  # whose bits are drawn whenever they are asked for


def splits_of(config: Any) -> Any:
    """The data of a run. Sets that are read in the same way are read once."""
    return _load(data.DataOptions(**{name: getattr(config, name) for name in data.DataOptions.__dataclass_fields__}))


def scored(task: Any, run: Run, config: Any, judged: Judged) -> Scored:
    """All scores of a run."""
    model, params, _ = load(run.path)
    params, splits = programs.on_one_device(params), splits_of(config)
    bound, shared = _of_density(task, model, params, splits.test, config.seed)
    own = run.read("summary.json")["scores"]
    row: Row = {"seed": config.seed, **trained.facts(run), **{name: own.get(f"test/{name}") for name in SCORES}}
    for name, values in (("l_k", bound), ("total_correlation", shared)):
        row[name] = float(values.mean(dtype=np.float64)) if values.size else None
    row["given"] = model.conditional  # all scores are given the label
    row["drawn"], images = samples(task, model, params, splits, config.seed)
    row["frechet"] = judged.distance(images)
    row["probe"] = None if model.conditional else probe(model, params, splits, task.probed)
    return Scored(row, bound, shared, images[:SHOWN])


def _of_density(task: Any, model: Any, params: Any, test: Any, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """L_k of the first test images, and the total correlation at a code of each of them, or of more images."""
    nothing, key = np.zeros(0), key_for(seed, Purpose.EVALUATE)
    if model.parts.prior is None:
        return nothing, nothing
    first = take(test, np.arange(min(task.images, len(test))))
    bound = np.asarray(held_out_bound(model, params, key, first, task.importance_samples))
    shared = None if model.conditional else total_correlation(model, params, key, test, task.draws)
    return bound, nothing if shared is None else shared


@cache
def bits(source: Any, count: int) -> Any:
    """The first images of a grey set as bits, the same ones every time."""
    return resident(Bits(take(source, np.arange(min(count, len(source))))))


def probe(model: Any, params: Any, splits: Any, count: int) -> float:
    """Percent of the test images whose class a linear classifier reads out of the codes of so many training images."""
    train = bits(splits.train, count)
    codes = (flat_codes(model, params, source) for source in (train, splits.test))
    (known, asked), (fitted, unseen) = (labels(train), labels(splits.test)), codes
    assert known is not None, "the judge has learnt from classes"
    return 100 * float((probes.probe(fitted, known, unseen) == asked).mean())


def samples(task: Any, model: Any, params: Any, splits: Any, seed: int) -> tuple[str, np.ndarray]:
    """What codes are drawn from, and the means of p(x|z): the prior, or where there is none a fitted mixture."""
    spec, index = splits.spec, np.arange(task.samples)
    if model.parts.prior is None:
        codes = densities.training_codes(model, params, bits(splits.train, task.probed), seed)
        z = densities.draw("mixture", codes, task.samples, COMPONENTS, seed)
        return "mixture", densities.decode(model, params, z, spec.shape)
    made, found = partial(generate, model, params, key_for(seed, Purpose.GENERATE)), []
    for block in np.array_split(index, -(-task.samples // BLOCK)):
        asked = seen_condition(block % len(spec.classes), spec) if model.conditional else None
        found.append(np.asarray(made(block, (), asked)[0]))
    return "prior", np.concatenate(found)
