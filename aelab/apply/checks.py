"""What `aelab apply` asks of a run and of its flags before it reads an event."""

from pathlib import Path
from typing import Any

from aelab.data.files import shown
from aelab.data.source import Spec
from aelab.errors import ConfigError


def require_fitting_flags(
    task: str, source: Path | str | None, hidden: Path | None, spherical: bool, density: str
) -> None:
    """Hold against the task what was given for it.

    Raises:
        ConfigError: something is missing, or the task does not read it.
    """
    if task != "sample" and source is None:
        raise ConfigError(f"--input: {task} needs events; give a file, or test for the run's own test split")
    if hidden is not None and task != "inpaint":
        raise ConfigError(f"--hidden: {task} fills no holes, which inpaint does; leave it out")
    if density != "prior" and task != "sample":
        raise ConfigError(f"--density: {task} draws no codes; only sample does")
    if spherical and task != "interpolate":
        raise ConfigError(f"--spherical: {task} goes along no line, which interpolate does; leave it out")


def require_fitting_run(task: str, model: Any, config: Any, path: Path, spec: Spec, density: str) -> None:
    """Hold a run against the task.

    Raises:
        ConfigError: it has not learnt the task.
    """
    corruption = getattr(config, "corruption", "none")
    if task == "sample" and model.parts.prior is None and density == "prior":
        raise ConfigError(
            f"--task sample: {shown(path)} is a plain autoencoder, which has no prior to draw from; "
            "fit one to its codes by --density mixture, or apply a run of vae"
        )
    if task in ("sample", "inpaint") and model.prior_by_example and not spec.condition:
        raise ConfigError(
            f"--task {task}: the prior of {shown(path)} needs what was seen of an event, which no file here holds; "
            "use another task"
        )
    if task == "inpaint" and spec.missing:
        return  # it has learnt from events with gaps
    if task in ("denoise", "inpaint") and corruption == "none":
        also = ", or --missing mask and gaps in its table" if task == "inpaint" else ""
        raise ConfigError(
            f"--task {task}: {shown(path)} was trained on whole events; apply a run that has a --corruption{also}"
        )
    if task == "inpaint" and corruption == "gaussian":
        raise ConfigError(f"--task inpaint: {shown(path)} learnt to take noise away, not to fill holes; use denoise")
