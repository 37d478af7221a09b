"""What codes know of classes that they were not trained on: probes, neighbours and fine-tuning from many labels or few.

python -m experiments.classify --data tfds:mnist --latent-dim 30 --seeds 0

Autoencoders are trained without labels. A linear probe (logistic regression on standardised codes) and the 5 nearest
neighbours then get 10, 100, 1,000 or all training labels; so do PCA codes of the same width and the pixels. Of several
kinds of autoencoder, the one whose probe on all labels is best on the validation events is named the chosen one.
Draws of labels are repeated: accuracies are mean ± standard deviation over draws, percent of all test events.
"""

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal, get_args

from aelab.config import Count, Natural, NonNegative, Seed
from aelab.report import tables
from aelab.runner import launch

from . import autoencoder, vae
from .common import class_errors, readings, tasks
from .common.jobs import Job, finished
from .common.leads import marked, standing
from .common.needs import LEADS, Needs, require_events
from .common.readings import Features
from .common.sealed import Sealed

Kind = Literal["autoencoder", "denoising", "masking", "affine", "vae"]
KINDS: dict[str, tuple[Any, dict[str, Any]]] = {
    "autoencoder": (autoencoder, {}),
    "denoising": (autoencoder, {"corruption": "gaussian", "noise": 0.5}),
    "masking": (autoencoder, {"corruption": "masking", "noise": 0.75}),
    "affine": (autoencoder, {"corruption": "affine", "noise": 0.25}),
    "vae": (vae, {}),
}
AIM = 95.0  # percent that a linear probe of the code is to tell right


@dataclass(frozen=True)
class Config(tasks.Task):
    """Which autoencoders, how many labels, and how often those are drawn."""

    kinds: tuple[Kind, ...] = get_args(Kind)  # the best on validation is chosen
    widths: tuple[Count, ...] = (1000, 500, 250)  # mlp: hidden layers of the encoder; the decoder mirrors them
    latent_dim: Count = 30  # numbers in a code
    epochs: Count = 20  # passes over the training set
    seeds: tuple[Seed, ...] = (0, 1, 2)  # each repeats all of the table's runs
    weight_decay: NonNegative = 0.02  # decoupled
    labels: tuple[Count, ...] = (10, 100, 1000)  # how many are told, besides all
    draws: Count = 3  # of each number of labels
    tuning_steps: Natural = 500  # of fine-tuning on 100 labels or more; 0 leaves it out
    class_epochs: Natural = 5  # of the autoencoders of one class each; 0 leaves them out


def job(config: Config, kind: str, seed: int, spec: Any) -> Job:
    """The run of one kind of autoencoder."""
    script, own = KINDS[kind]
    own = {**own, "seed": seed, "likelihood": tasks.LOSSES[spec.values]}
    return Job(f"{kind}, seed {seed}", script, config.run_config(script.Config, **own))


def table(config: Config, rows: list[dict[str, Any]], baselines: list[dict[str, Any]]) -> str:
    """Accuracy in percent, mean ± standard deviation over seeds and draws of labels."""
    counts = [*map(str, config.labels), "all"]
    lines = []
    for own in tables.grouped([*rows, *baselines], itemgetter("features", "classifier")).values():
        accuracy = (tables.spread([value for row in own for value in row.get(c, [])], 1) for c in counts)
        lines.append((own[0]["features"], own[0]["classifier"], *accuracy))
    columns = ("features", "classifier", *(f"{c} labels, %" for c in counts))
    return tables.markdown(columns, lines)


def learnt(name: str, config: Config, sealed: Sealed) -> list[Features]:
    """The codes of each kind of autoencoder and seed."""
    points = list(itertools.product(config.seeds, config.kinds))
    runs = finished(name, config, [job(config, kind, seed, sealed.spec) for seed, kind in points])
    return [readings.of_run(kind, seed, run, sealed) for (seed, kind), run in zip(points, runs, strict=True)]


def fine_tuning(config: Config, chosen: list[Features], sets: dict[str, Any], classes: int) -> tuple[list, list]:
    """The rows of the chosen autoencoders' encoders trained on labels, and those of the same networks from scratch."""
    from aelab.evaluation.finetune import with_and_without
    from aelab.runs.load import load

    counts = [count for count in config.labels if 100 <= count < len(sets["train"].x) or config.smoke]
    how = {"counts": counts, "draws": config.draws, "steps": config.tuning_steps}
    rows, fresh = [], []
    for own in chosen:
        assert own.path is not None, "codes that are learnt come from a run"
        model, params, _ = load(own.path)
        tuned, scratch = with_and_without(model, params, own.facts["seed"], sets, classes, **how)
        rows.append({"features": own.name, "classifier": "fine-tuned", **own.facts, **tuned})
        fresh.append({"features": "same network", "classifier": "from scratch", "seed": own.facts["seed"], **scratch})
    return rows, fresh


def trained_on_labels(name: str, config: Config, chosen: list[Features], sets: Any, spec: Any) -> tuple[list, list]:
    """Rows of nets that saw labels: fine-tuned and one autoencoder a class; and the same networks from scratch."""
    import numpy as np

    classes, rows, fresh = len(spec.classes), [], []
    if config.tuning_steps:
        rows, fresh = fine_tuning(config, chosen, sets, classes)
    if config.class_epochs and spec.values == "unit":
        counts = dict(enumerate(np.bincount(sets["train"].label, minlength=classes).tolist()))
        rows += class_errors.rows(name, config, sets["test"], counts, config.class_epochs)
    return rows, fresh


def require_class_events(config: Config, splits: Any) -> None:
    """Each class has the events that its autoencoder is trained on and validated with.

    Raises:
        DataError: it has none.
    """
    if config.class_epochs and splits.spec.values == "unit":
        groups = {f"class {name}": (label,) for label, name in enumerate(splits.spec.classes)}
        remedy = "take a larger set, or leave the autoencoders of one class out by --class-epochs 0"
        require_events(config.data, splits, {"train": 1, "validation": 1}, groups, remedy)


def confusions(own: Features, sets: dict[str, Any], test: Any, classes: int) -> Any:
    """How many test events of each class (row) the probe of the codes takes for each (column)."""
    from aelab.evaluation.probes import confusion, probe

    label = sets["test"].label
    guess = probe(own.train, sets["train"].label, own.of_test(test))
    return confusion(label, guess, classes)


def verdict(rows: list[dict[str, Any]], leads: list[dict[str, Any]]) -> list[str]:
    """What was chosen, and by how much it is ahead of the strongest rival."""
    found = []
    for own in leads:
        groups = tables.grouped(
            [row for row in rows if row["classifier"] == own["classifier"] and "validation" in row],
            itemgetter("features"),
        )
        tried = ", ".join(
            f"{name} {statistics.mean(row['validation'] for row in group):.1f} %" for name, group in groups.items()
        )
        lead = f"{marked(own['lead'], 2, ' points')}, {standing(own['lead'])}"
        found.append(
            f"{own['classifier']}: {own['ours']} is chosen on validation (of {tried}). "
            f"Against {own['rival']}, the strongest rival there: {lead}."
        )
    probes = [row for row in rows if (row["features"], row["classifier"]) == (leads[0]["ours"], "probe")]
    right = [row["all"][0] for row in probes]
    met = "met" if statistics.mean(right) >= AIM else "missed"
    found.append(f"The probe tells {tables.spread(right, 2)} % right; {AIM:.0f} were asked for: {met}.")
    return found


def draw(name: str, config: Config, kind: str, counts: Any, classes: Sequence[str]) -> None:
    """`confusion.png`: how often the probe of a kind of autoencoder took each class for each."""
    import numpy as np

    from aelab import figures

    title = f"{config.data}: a linear probe of codes ({kind}), all labels"
    arrays = {"counts": counts, "classes": np.array(classes), "title": np.array(title)}
    figures.save(tasks.folder(name, config), "confusion", arrays)


def run(name: str, config: Config) -> None:
    """Train what is not trained yet, choose, read out all codes, fine-tune, draw the confusions, keep the table."""
    from aelab.evaluation.finetune import labelled

    tasks.require_named(config, "kinds", "seeds")
    if config.smoke:
        config = tasks.smoke(config, labels=(20,), draws=1, tuning_steps=2, class_epochs=0)
    splits = tasks.load(config.data, Needs(classes=2, least=LEADS | {"validation": 1}))
    require_class_events(config, splits)
    sealed = Sealed(splits)
    sets = {"train": labelled(sealed.train, config.data), "validation": labelled(sealed.validation, config.data)}
    codes, simple = learnt(name, config, sealed), readings.without_net(splits, config.latent_dim)
    validation = {id(own): readings.validated(own, sets) for own in [*codes, *simple]}
    test = sealed.open()  # what is chosen goes by the validation events alone
    sets["test"] = labelled(test, config.data)
    rows, rivals = (
        [row for own in group for row in readings.rows(own, validation[id(own)], sets, test, config)]
        for group in (codes, simple)
    )
    leads = readings.leads(rows, rivals)
    chosen = [own for own in codes if own.name == leads[0]["ours"]]
    tuned, scratch = trained_on_labels(name, config, chosen, sets, splits.spec)
    rows, rivals = ([readings.kept(row) for row in group] for group in (rows + tuned, scratch + rivals))
    matrix = confusions(chosen[0], sets, test, len(splits.spec.classes))
    draw(name, config, chosen[0].name, matrix, splits.spec.classes)
    head = f"{config.data}, codes of {config.latent_dim}, {config.epochs} epochs, labels drawn {config.draws} times:"
    text = [head, table(config, rows, rivals), *verdict(rows, leads)]
    more = {"baselines": rivals, "chosen": chosen[0].name, "leads": leads, "confusion": matrix.tolist()}
    tasks.conclude(name, config, rows, "\n\n".join(text), **more)


if __name__ == "__main__":
    raise SystemExit(launch.command(Config, run))
