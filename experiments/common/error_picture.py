"""The picture of a table of anomalies: where a net errs on an event of each class."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .tasks import Task, folder


def draw(name: str, task: Task, test: Any, path: Path, anomalous: Sequence[int]) -> None:
    """The event of median error of each class of the test set, with its error entry by entry: `errors.png`."""
    import jax.numpy as jnp
    import numpy as np

    from aelab import figures
    from aelab.data.arrays import labels
    from aelab.data.normalise import normalised
    from aelab.evaluation.strangeness import view
    from aelab.runs.load import load

    model, params, _ = load(path)
    error, label = view(model, params, test).error, labels(test)
    assert label is not None, "normal_classes refuses a set without classes"
    own = [np.flatnonzero(label == i) for i in range(len(test.spec.classes))]
    middle = np.array([i[np.argsort(error[i].sum(1))[len(i) // 2]] for i in own if len(i)])
    x = normalised(test.get_batch(middle), test.spec)
    words = {True: " (anomaly)", False: ""}
    names = [test.spec.classes[i] + words[i in anomalous] for i in label[middle].tolist()]
    arrays = {
        "originals": x,
        "rebuilt": np.asarray(model.reconstruct(params, jnp.asarray(x))),
        "error": error[middle].reshape(x.shape),
    }
    arrays["mean_error"] = np.array([error[i].mean(0).reshape(x.shape[1:]).mean(-1) for i in own if len(i)])
    figures.save(folder(name, task), "errors", {**arrays, "names": np.array(names)})
