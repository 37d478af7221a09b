"""The run folders below a folder."""

from collections.abc import Sequence
from pathlib import Path

from aelab.errors import ConfigError
from aelab.runs.folder import Run


def runs_below(paths: Sequence[Path]) -> list[Run]:
    """The run folders at or below the paths, without models that were exported.

    Raises:
        ConfigError: a path that does not exist, or that is an exported model itself.
    """
    for path in paths:
        if not path.exists():
            raise ConfigError(f"{path}: no such folder; train a run first, or name where runs are")
        Run(path).require_run()
    found = [Run(file.parent) for path in paths for file in sorted(path.rglob("config.json"))]
    return [run for run in found if not run.exported]
