"""What the processes of a run must share: code, versions, settings and data."""

import dataclasses
from collections.abc import Callable
from typing import Any

from aelab.config import JOINING, Config
from aelab.data.source import Splits
from aelab.devices import processes
from aelab.runs import own_scripts, provenance, scripts
from aelab.runs.same_data import describe


def require_alike(config: Config, build: Callable, splits: Splits) -> None:
    """Hold every process of the run against process 0, before anything is computed or written.

    Raises:
        ConfigError: one of them has other code, versions, flags or data; it names the first difference.
    """
    processes.team().agree(lambda: ticket(config, build, splits), provenance.differences)


def ticket(config: Config, build: Callable, splits: Splits) -> dict[str, Any]:
    """What is compared; where runs are written is the business of process 0 alone."""
    made = provenance.fingerprint()
    settings = {field.name: str(getattr(config, field.name)) for field in dataclasses.fields(config)}
    return {
        "flags": {name: value for name, value in settings.items() if name not in JOINING | {"runs_dir"}},
        "code": made["code"]["sha256"],
        "script": _own(build, config),
        "versions": {"python": made["python"], **made["versions"]},
        "machine": {name: made["machine"][name] for name in ("platform", "device", "devices")},
        "settings": made["settings"],
        "data": describe(splits),
    }


def _own(build: Callable, config: Config) -> dict[str, str]:
    """Digests of the files of a user's own script."""
    script = scripts.own_script(build, type(config))
    file = scripts.file_of(script) if script else None
    return own_scripts.digests({"file": str(file), "module": scripts.spoken(script)}) if script and file else {}
