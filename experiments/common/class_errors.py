"""Classification without a classifier: an autoencoder for each class, and the lowest squared error tells the class."""

from collections.abc import Mapping
from typing import Any

from .. import autoencoder
from .jobs import Job, finished
from .tasks import Task


def job(task: Task, label: int, count: int, epochs: int, seed: int) -> Job:
    """The run of one class, whose batches are at most as large as the `count` of its training events."""
    own: dict[str, Any] = {"classes": (label,), "seed": seed, "likelihood": "bernoulli"}
    own |= {"epochs": epochs, "batch_size": min(task.batch_size, count)}
    return Job(f"class {label}, seed {seed}", autoencoder, task.run_config(autoencoder.Config, **own))


def rows(name: str, task: Task, test: Any, counts: Mapping[int, int], epochs: int) -> list[dict[str, Any]]:
    """Train an autoencoder for each class and seed and classify the test events; returns a row of the table a seed.

    `counts` is how many training events there are of each label.
    """
    import numpy as np

    from aelab.evaluation.finetune import squared_errors
    from aelab.runs.load import load

    jobs = [job(task, label, count, epochs, seed) for seed in task.seeds for label, count in counts.items()]
    runs, found = finished(name, task, jobs), []
    for i, seed in enumerate(task.seeds):
        own = runs[i * len(counts) :][: len(counts)]
        errors = [squared_errors(*load(run.path)[:2])(test.x) for run in own]
        right = np.array(list(counts))[np.argmin(errors, 0)] == test.label
        first = {"features": "one autoencoder a class", "classifier": "lowest error", "seed": seed}
        found.append({**first, "runs": [run.path.name for run in own], "all": [100 * float(right.mean())]})
    return found
