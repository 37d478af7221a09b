"""`model.safetensors` and `config.json`: all that `aelab.load` needs to make the same model again."""

import os
from pathlib import Path
from typing import Any

import aelab
from aelab.export.subject import Subject
from aelab.runs import own_scripts
from aelab.runs.atomic import write_atomically
from aelab.runs.digests import digest
from aelab.runs.exported import named
from aelab.runs.folder import WEIGHTS
from aelab.runs.strict import strict

KEPT = ("schema", "experiment", "config")  # of the run's own config.json


def write(subject: Subject, folder: Path) -> None:
    """Both files; and the script that made the run, where it is a user's own.

    Parameters have the names of their paths, such as `encoder/Dense_0/kernel`.

    Raises:
        NonFiniteError: a setting that JSON cannot hold.
        StorageError: they cannot be written.
    """
    from safetensors.numpy import save

    about, script = settings(subject), script_of(subject)
    if script:
        about["script"] = {"file": script.name}
        write_atomically(folder / script.name, script.read_bytes(), "--output")
    write_atomically(folder / WEIGHTS, save(named(subject.params), {"format": "flax"}), "--output")
    write_atomically(folder / "config.json", strict(about, "config.json").encode(), "--output")


def settings(subject: Subject) -> dict[str, Any]:
    """What config.json says: script and settings as the run has them, the spec of the data, version and origin."""
    stored = subject.run.read("config.json")
    return {
        **{name: stored[name] for name in KEPT},
        "aelab": aelab.__version__,
        "run": subject.name,
        "checkpoint": subject.which,
        "step": subject.step,
        "params_sha256": digest(subject.params),
        "data": subject.manifest.get("data", {}),
    }


def script_of(subject: Subject) -> Path | None:
    """The file of a user's own script, which goes along; None of a script of this package.

    What the script imports from files beside it does not go along.
    """
    stated = subject.run.read("config.json").get("script")
    if not stated:
        return None
    file = own_scripts.find(stated, subject.run.path)
    return file if file and os.access(file, os.R_OK) else None
