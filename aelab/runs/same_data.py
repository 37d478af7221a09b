"""Whether the data of a run is still what the run was made from; no jax here."""

from collections.abc import Iterator, Mapping
from typing import Any

from aelab.data.source import Spec, Splits
from aelab.errors import ConfigError
from aelab.runs.folder import Run

OPTIONAL = (
    "names",
    "missing",
    "columns",
    "condition",
    "side",
    "side_shift",
    "side_scale",
)  # fields of `Spec` that older manifests lack; stated only where they say something


def describe(splits: Splits) -> dict[str, Any]:
    """Name, spec, and the size and sha256 of every split, as JSON gives it back."""
    named = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    parts = {n: {"examples": len(s), "sha256": s.fingerprint} for n, s in named.items() if s is not None}
    spec = {name: _plain(value) for name, value in splits.spec._asdict().items()}
    spec = {name: value for name, value in spec.items() if name not in OPTIONAL or value}
    del spec["examples"]  # stands with the training split, and runs that are older than the field have none
    return {"name": splits.name, "spec": spec, "splits": parts}


def _plain(value: Any) -> Any:
    """With lists for tuples, as JSON has it."""
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def data_changes(there: Mapping[str, Any], here: Mapping[str, Any]) -> list[str]:
    """What two descriptions of a set do not share, in words, the events first; nothing where all is the same.

    Names of columns that an older manifest lacks are no change: the events and their fingerprints are the same.
    """
    changed = list(_of_splits(there.get("splits", {}), here["splits"]))
    return changed or list(_of_spec(there.get("spec", {}), here["spec"]))


def _of_splits(there: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[str]:
    for split in {**there, **here}:
        old, new = there.get(split), here.get(split)
        if old is None or new is None or old.get("examples") != new["examples"]:
            yield f"{split}: {_count(old)} then, {_count(new)} now"
        elif old.get("sha256") != new["sha256"]:
            yield f"{split}: {_count(new)} as then, but of other content"


def _count(split: Mapping[str, Any] | None) -> str:
    return "none" if split is None else f"{split.get('examples')} events"


def _of_spec(there: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[str]:
    """The same events, seen otherwise: by another version, or with another set of training events."""
    for name, default in Spec((), "", "real")._asdict().items():
        default = list(default) if isinstance(default, tuple) else default
        old, new = there.get(name, default), here.get(name, default)
        if old != new and not (name == "names" and name not in there):
            was, now = str(old)[:60], str(new)[:60]
            yield f"the same events are read otherwise by this version, {name}: {was} then, {now} now"


def require_same_data(run: Run, splits: Splits) -> None:
    """Hold what is read now against what the manifest of a run says it was made from.

    Raises:
        ConfigError: the manifest is missing, or the data is another; one line that says what changed and what helps.
    """
    made = run.read("manifest.json")
    if not made:
        raise ConfigError(f"{run.path / 'manifest.json'}: missing; restore it or remove the run folder")
    if changes := data_changes(made.get("data", {}), describe(splits)):
        raise ConfigError(
            f"{run.path}: made from other data than {splits.name} holds now ({'; '.join(changes[:3])}); "
            "train on the new data with another --runs-dir, or put the old data back"
        )
