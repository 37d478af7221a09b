"""Classification without a classifier: an autoencoder for each class, and the lowest squared error tells the class."""

from collections.abc import Mapping
from typing import Any

from .. import autoencoder
from .jobs import Job, finished
from .tasks import Task


def job(task: Task, label: int, count: int, epochs: int) -> Job:
    """The run of one class, whose batches are at most as large as the `count` of its training events."""
    own: dict[str, Any] = {"classes": (label,), "seed": task.seeds[0], "likelihood": "bernoulli"}
    own |= {"epochs": epochs, "batch_size": min(task.batch_size, count)}
    return Job(f"class {label}", autoencoder, task.run_config(autoencoder.Config, **own))


def row(name: str, task: Task, test: Any, counts: Mapping[int, int], epochs: int) -> dict[str, Any]:
    """Train an autoencoder for each class and classify the test events; returns the row of the table.

    `counts` is how many training events there are of each label.
    """
    import numpy as np

    from aelab.evaluation.finetune import squared_errors
    from aelab.runs.load import load

    runs = finished(name, task, [job(task, label, count, epochs) for label, count in counts.items()])
    errors = [squared_errors(*load(run.path)[:2])(test.x) for run in runs]
    right = np.array(list(counts))[np.argmin(errors, 0)] == test.label
    first = {"features": "one autoencoder a class", "classifier": "lowest error"}
    return {**first, "runs": [run.path.name for run in runs], "all": [100 * float(right.mean())]}
