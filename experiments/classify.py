"""What codes know of classes that they were not trained on: probes, neighbours and fine-tuning from many labels or few.

python -m experiments.classify --data tfds:mnist --latent-dim 30 --seeds 0

Autoencoders are trained without labels. A linear probe (logistic regression on standardised codes) and the 5 nearest
neighbours then get 10, 100, 1,000 or all training labels; so do PCA codes of the same width and the pixels. Of several
kinds of autoencoder, the one whose probe on all labels is best on the validation events is named the chosen one.
Draws of labels are repeated: accuracies are mean ± standard deviation over draws, percent of all test events.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args

from aelab.config import Count, Natural, NonNegative
from aelab.errors import ConfigError, DataError
from aelab.report import tables
from aelab.runner import launch

from . import autoencoder, vae
from .common import class_errors, tasks, trained
from .common.jobs import Job, finished

Kind = Literal["autoencoder", "denoising", "masking", "vae"]
KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "autoencoder": (autoencoder, {}),
    "denoising": (autoencoder, {"corruption": "gaussian", "noise": 0.5}),
    "masking": (autoencoder, {"corruption": "masking", "noise": 0.75}),
    "vae": (vae, {}),
}
LEAD = 3.0  # points by which a code's probe is to beat that of as many principal components


@dataclass(frozen=True)
class Config(tasks.Task):
    """Which autoencoders, how many labels, and how often those are drawn."""

    kinds: tuple[Kind, ...] = get_args(Kind)  # the best on validation is chosen
    widths: tuple[Count, ...] = (1000, 500, 250)  # mlp: hidden layers of the encoder; the decoder mirrors them
    latent_dim: Count = 30  # numbers in a code
    epochs: Count = 40  # passes over the training set
    weight_decay: NonNegative = 0.02  # decoupled
    labels: tuple[Count, ...] = (10, 100, 1000)  # how many are told, besides all
    draws: Count = 3  # of each number of labels
    tuning_steps: Natural = 500  # of fine-tuning on 100 labels or more; 0 leaves it out
    class_epochs: Natural = 5  # of the autoencoders of one class each; 0 leaves them out


class Best(NamedTuple):
    """The kind of autoencoder chosen on validation."""

    kind: Kind
    score: float  # of its probe, percent of the validation events
    facts: dict[str, Any]  # what a row says of its run
    model: Any
    params: Any
    guess: Any  # what its probe takes the test events for


def job(config: Config, kind: str, seed: int, splits: Any) -> Job:
    """The run of one kind of autoencoder."""
    script, own = KINDS[kind]
    own = {**own, "seed": seed, "likelihood": tasks.LOSSES[splits.spec.values]}
    return Job(f"{kind}, seed {seed}", script, config.run_config(script.Config, **own))


def sources(splits: Any) -> dict[str, Any]:
    """The three splits by name."""
    return {"train": splits.train, "validation": splits.validation, "test": splits.test}


def table(config: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """Accuracy in percent, mean ± standard deviation over draws of labels."""
    counts = [*map(str, config.labels), "all"]
    lines = []
    for row in [*rows, *baselines]:
        accuracy = (tables.spread(row.get(c, []), 1) for c in counts)
        lines.append((row["features"], row["classifier"], str(row.get("seed", "")), *accuracy))
    return tables.markdown(("features", "classifier", "seed", *(f"{c} labels, %" for c in counts)), lines)


def unsupervised(name: str, config: Config, splits: Any, sets: dict[str, Any]) -> tuple[list[dict[str, Any]], Best]:
    """The rows of codes learned without labels, and the kind whose probe is best on validation, of the first seed."""
    from aelab.evaluation.probes import probe, read_out

    rows, best, label = [], None, sets["train"].label
    points = list(itertools.product(config.seeds, config.kinds))
    runs = finished(name, config, [job(config, kind, seed, splits) for seed, kind in points])
    for (seed, kind), run in zip(points, runs, strict=True):
        facts = {"seed": seed, **trained.facts(run)}
        model, params, codes = trained.codes(run, **sources(splits))
        guess = probe(codes["train"], label, codes["validation"])
        score = 100 * float((guess == sets["validation"].label).mean())
        for method, accuracy in read_out(codes, sets, config.labels, config.draws).items():
            rows.append({"features": kind, "classifier": method, **facts, "validation": score, **accuracy})
        if best is None or (seed == config.seeds[0] and score > best.score):
            best = Best(kind, score, facts, model, params, probe(codes["train"], label, codes["test"]))
    assert best is not None
    return rows, best


def fine_tuning(config: Config, best: Best, sets: dict[str, Any], classes: int) -> list[dict[str, Any]]:
    """The row of the chosen autoencoder's encoder trained on labels, and that of the same network from scratch."""
    from aelab.evaluation.finetune import with_and_without

    counts = [count for count in config.labels if 100 <= count < len(sets["train"].x) or config.smoke]
    how = {"counts": counts, "draws": config.draws, "steps": config.tuning_steps}
    tuned, scratch = with_and_without(best.model, best.params, best.facts["seed"], sets, classes, **how)
    return [
        {"features": best.kind, "classifier": "fine-tuned", **best.facts, **tuned},
        {"features": "same network", "classifier": "from scratch", **scratch},
    ]


def references(config: Config, splits: Any, sets: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of pixels and of as many principal components as a code has numbers."""
    from aelab.baselines.components import pixels_and_components
    from aelab.evaluation.probes import read_out

    return [
        {"features": features, "classifier": method, **accuracy}
        for features, codes in pixels_and_components(splits, config.latent_dim).items()
        for method, accuracy in read_out(codes, sets, config.labels, config.draws).items()
    ]


def verdict(rows: list[dict[str, Any]], best: Best) -> list[str]:
    """What was chosen, and whether its probe beats that of PCA by the margin asked for."""
    own = [row for row in rows if "validation" in row and row["seed"] == best.facts["seed"]]
    tried = ", ".join(f"{row['features']} {row['validation']:.1f} %" for row in own if row["classifier"] == "probe")
    lines = [f"Chosen by the probe on validation: {best.kind} (of {tried})."]
    found = {(row["features"], row["classifier"]): row["all"][0] for row in reversed(rows) if "all" in row}
    if ("PCA", "probe") in found:
        lead = found[best.kind, "probe"] - found["PCA", "probe"]
        met = "met" if lead >= LEAD else "missed"
        lines.append(f"On all labels it is {lead:+.1f} points from PCA's; {LEAD:+.0f} were asked for: {met}.")
    return lines


def draw(name: str, config: Config, kind: Kind, counts: Any, classes: Sequence[str]) -> None:
    """`confusion.png`: how often the probe of a kind of autoencoder took each class for each."""
    import numpy as np

    from aelab import figures

    title = f"{config.data}: a linear probe of codes ({kind}), all labels"
    arrays = {"counts": counts, "classes": np.array(classes), "title": np.array(title)}
    figures.save(tasks.folder(name, config), "confusion", arrays)


def run(name: str, config: Config) -> None:
    """Train what is not trained yet, read out all codes, fine-tune, draw the confusions, keep and print the table."""
    import numpy as np

    from aelab import data
    from aelab.evaluation.finetune import labelled
    from aelab.evaluation.probes import confusion

    if not (config.kinds and config.seeds):
        raise ConfigError("--kinds, --seeds: name at least one of each")
    if config.smoke:
        config = tasks.smoke(config, labels=(20,), draws=1, tuning_steps=2, class_epochs=0)
    splits = data.load(config.data)
    if splits.validation is None or splits.spec.lengths:
        raise DataError(f"--data: {config.data}: this task needs a validation split and events of one length")
    sets = {split: labelled(source, config.data) for split, source in sources(splits).items()}
    classes = len(splits.spec.classes)
    rows, best = unsupervised(name, config, splits, sets)
    baselines = references(config, splits, sets)
    if config.tuning_steps:
        pretrained, scratch = fine_tuning(config, best, sets, classes)
        rows, baselines = [*rows, pretrained], [scratch, *baselines]
    if config.class_epochs and splits.spec.values == "unit":
        counts = enumerate(np.bincount(sets["train"].label, minlength=classes).tolist())
        baselines.append(class_errors.row(name, config, sets["test"], dict(counts), config.class_epochs))
    matrix = confusion(sets["test"].label, best.guess, classes)
    draw(name, config, best.kind, matrix, splits.spec.classes)
    more = {"baselines": baselines, "chosen": best.kind, "validation": best.score, "confusion": matrix.tolist()}
    head = f"{config.data}, codes of {config.latent_dim}, {config.epochs} epochs, labels drawn {config.draws} times:"
    text = [head, table(config, rows, baselines), *verdict([*rows, *baselines], best)]
    tasks.conclude(name, config, rows, "\n\n".join(text), **more)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
