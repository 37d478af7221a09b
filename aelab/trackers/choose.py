"""Trackers by name, and whether they are installed."""

import importlib
import uuid
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, NamedTuple

from aelab.config import stored
from aelab.errors import ConfigError
from aelab.runs.folder import Run
from aelab.trackers.guarded import Guarded
from aelab.trackers.protocol import About

FILE = "tracking.json"


class Choice(NamedTuple):
    """Where a tracker is: the package that it needs, and its class in a file of this folder."""

    package: str
    file: str
    made: str


menu = {
    "trackio": Choice("trackio", "trackio", "Trackio"),
    "wandb": Choice("wandb", "wandb", "Wandb"),
    "mlflow": Choice("mlflow", "mlflow", "MLflow"),
}


def require_installed(name: str) -> None:
    """
    Raises:
        ConfigError: the package that a tracker needs is not here.
    """
    if name in menu and find_spec(menu[name].package) is None:
        raise ConfigError(f"--track {name}: {menu[name].package} is not installed; pip install 'aelab[{name}]'")


def opened(run: Run, config: Any, say: Callable[[str], object]) -> Guarded | None:
    """The tracker that a config names, under way in a thread of its own; None where it names none."""
    if config.track not in menu:
        return None
    choice = menu[config.track]
    about = About(run.path.name, identity(run), run.path, stored(config))

    def make() -> Any:
        return getattr(importlib.import_module(f"aelab.trackers.{choice.file}"), choice.made)(about)

    return Guarded(config.track, make, say)


def identity(run: Run) -> str:
    """What a run is called by its trackers, drawn when the first of them asks, and kept in its folder."""
    known = run.read(FILE).get("identity")
    if not known:
        known = uuid.uuid4().hex[:16]
        run.write(FILE, {"identity": known})
    return known
