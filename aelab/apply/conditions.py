"""What `aelab apply` shows a conditional run beside the events: one condition for all of them, or one for each."""

from pathlib import Path

import numpy as np

from aelab.data import numpy_files, tables
from aelab.data.files import shown
from aelab.data.source import Spec
from aelab.errors import ConfigError, DataError

FILES = (".npz", ".npy", ".csv")


def read_conditions(
    asked: str, source: Path | None, spec: Spec, count: int, label: np.ndarray | None = None
) -> np.ndarray | None:
    """The condition of each of `count` events as it is stored: labels `[count]` or numbers `[count, *side]`.

    `asked` is a class by its name, or counted from 0; numbers separated by commas; or a file. Where it is empty, the
    conditions are those beside the events in a `.npz`, or the `label` that came with the events of another
    file. None where a run has no condition.

    Raises:
        ConfigError: a run without a condition is given one, or one with a condition is given none.
        DataError: what is given is none of the run's conditions, or there are not as many as events.
    """
    if not spec.condition:
        if asked:
            raise ConfigError("--condition: this run was trained without one; leave it out")
        return None
    given, where = _given(asked, source, spec, label)
    values = _labels(given, spec, where) if spec.condition == "label" else _numbers(given, spec, where)
    if len(values) not in (1, count):
        raise DataError(f"{where}: {len(values)} conditions for {count} events; give as many, or one")
    return np.broadcast_to(values, (count, *values.shape[1:]))


def _given(asked: str, source: Path | None, spec: Spec, label: np.ndarray | None) -> tuple[np.ndarray, str]:
    """What stands in a file, or the only row of what was typed; and where that is, for errors."""
    if asked.lower().endswith(FILES):
        return _file(Path(asked)), shown(asked)
    if asked:
        return np.array([[word.strip() for word in asked.split(",")]]), f"--condition: {shown(asked)}"
    if source is not None and source.suffix == ".npz":
        beside = numpy_files.read_beside(source, spec.condition)
        if beside is not None:
            return beside, f"{shown(source)}, {spec.condition}"
    if label is not None and spec.condition == "label":
        return label, f"{shown(source)}, label"
    names = ", ".join(spec.classes[:3]) + (", …" if len(spec.classes) > 3 else "")
    one = f"a class ({names})" if spec.condition == "label" else f"{int(np.prod(spec.side))} numbers (0.5,2 and so on)"
    asked_for = f"this run was shown its {spec.condition} with every event"
    raise ConfigError(f"--condition: {asked_for}; give {one}, or a file with one for each")


def _file(path: Path) -> np.ndarray:
    if path.suffix == ".npz":
        return numpy_files.read_events(path)
    return numpy_files.mapped(path) if path.suffix == ".npy" else tables.read(path, "none").x


def _labels(given: np.ndarray, spec: Spec, where: str) -> np.ndarray:
    """Classes by their names; a whole number that is no name counts them from 0."""
    numbers = {str(number): number for number in range(len(spec.classes))}
    known = numbers | {name: number for number, name in enumerate(spec.classes)}
    whole = given.dtype.kind == "f" and (given == np.round(given)).all()
    words = [str(one) for one in (given.astype(np.int64) if whole else given).reshape(-1).tolist()]
    if unknown := next((word for word in words if word not in known), None):
        names = ", ".join(spec.classes[:10])
        raise DataError(f"{where}: no class {shown(unknown)}; give one of 0 to {len(spec.classes) - 1}: {names}")
    return np.array([known[word] for word in words], np.int32)


def _numbers(given: np.ndarray, spec: Spec, where: str) -> np.ndarray:
    size = int(np.prod(spec.side))
    try:
        values = np.asarray(given, np.float32)
    except ValueError:
        raise DataError(f"{where}: no numbers; give {size} for each event") from None
    values = values.reshape(len(values), -1)
    if values.shape[1] != size or not np.isfinite(values).all():
        raise DataError(f"{where}: {values.shape[1]} numbers an event; give {size}, all of them finite")
    return values.reshape(-1, *spec.side)
