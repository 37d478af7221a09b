"""What stands beside an event and is shown to the model: its label, its factors, or an array of the user's."""

from collections.abc import Mapping

import numpy as np

from aelab.data.arrays import with_spec
from aelab.data.source import Source, Spec, Splits
from aelab.errors import ConfigError, DataError

MEASURED = 20_000  # training events, evenly spaced, that means and deviations are measured on
NONE = "none"


def conditioned(splits: Splits, name: str) -> Splits:
    """The same set, whose spec says that the array `name` of a batch is the condition of its events.

    Labels are seen as one-hot rows, all else as numbers of mean 0 and deviation 1 on the training events (`to_batch`).

    Raises:
        ConfigError: a split has no such array.
        DataError: some of its numbers are not finite.
    """
    parts = {"training": splits.train, "validation": splits.validation, "test": splits.test}
    for part, source in parts.items():
        if source is not None:
            _require(name, source.get_batch(np.arange(1)), part, splits)
    if name == "label":
        spec = splits.spec._replace(condition=name, side=(len(splits.spec.classes),))
    else:
        side, shift, scale = _measured(name, splits.train, splits.name)
        spec = splits.spec._replace(condition=name, side=side, side_shift=shift, side_scale=scale)
    validation = None if splits.validation is None else with_spec(splits.validation, spec)
    train, test = with_spec(splits.train, spec), with_spec(splits.test, spec)
    return splits._replace(spec=spec, train=train, validation=validation, test=test)


def unconditioned(spec: Spec) -> Spec:
    """The spec of the same events without a condition."""
    return spec._replace(condition="", side=(), side_shift=(), side_scale=())


def _require(name: str, batch: Mapping[str, np.ndarray], part: str, splits: Splits) -> None:
    if name in batch.keys() - {"x", "length"} and (name != "label" or splits.spec.classes):
        return
    there = ", ".join(sorted(batch.keys() - {"x", "length"})) or "nothing"
    called = {"label": "labels"}.get(name, name)
    said = f"the {part} events of {splits.name} have no {called}, only {there} beside x"
    raise ConfigError(f"--condition {name}: {said}; name what is there, or leave it out")


def _measured(name: str, train: Source, where: str) -> tuple[tuple, tuple, tuple]:
    """Shape, mean and deviation of the numbers of a condition; along its last axis each for itself."""
    sample = np.unique(np.linspace(0, len(train) - 1, min(len(train), MEASURED)).astype(int))
    values = train.get_batch(sample)[name]
    values = np.asarray(values.reshape(len(values), *(values.shape[1:] or (1,))), np.float64)
    if not np.isfinite(values).all():
        raise DataError(f"--condition {name}: {where}: a value is missing or not finite; correct it")
    rows = values.reshape(-1, values.shape[-1])
    std = rows.std(0)
    return values.shape[1:], tuple(rows.mean(0).tolist()), tuple(np.where(std > 0, std, 1).tolist())
