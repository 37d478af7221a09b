"""The scripts that train runs, by the name that is recorded and hashed: those of this package, and a user's own.

A script of this package is recorded as `experiments.vae`, in a checkout as in a wheel, which has it as
`aelab.experiments.vae`. It is known by its file, never by its name: a user's project may have a package `experiments`.
"""

import importlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import aelab.experiments

FOLDER = Path(next(iter(aelab.experiments.__path__))).resolve()
BY_FIT = "aelab.fit"  # the name of runs that `aelab.fit` has made with parts of a user's own
BY_FILE = "aelab_own_script_"  # what the name of a module begins with that was imported from a file


def short(name: str) -> str:
    """`vae` of `experiments.vae` and of `aelab.experiments.vae`; "" where this package has no script of that name."""
    head, _, rest = name.removeprefix("aelab.").partition(".")
    parts = rest.split(".")
    known = head == "experiments" and all(part.isidentifier() for part in parts)
    return rest if known and FOLDER.joinpath(*parts).with_suffix(".py").is_file() else ""


def package() -> str:
    """What the package of the scripts is called in this process and in its children."""
    top = sys.modules.get("experiments")
    here = [Path(folder).resolve() for folder in getattr(top, "__path__", ())]
    return "experiments" if FOLDER in here else "aelab.experiments"


def module(name: str) -> ModuleType:
    """A script of this package by its short name."""
    return importlib.import_module(f"{package()}.{name}")


def file_of(script: ModuleType) -> Path | None:
    """The file of a module; None where it was typed into a notebook or an interpreter."""
    path = getattr(script, "__file__", None)
    return Path(path).resolve() if path else None


def is_ours(script: ModuleType) -> bool:
    """Whether a module lies in the folder of this package's scripts."""
    path = file_of(script)
    return path is not None and path.is_relative_to(FOLDER)


def name_of(script: ModuleType) -> str:
    """The name that a script's runs are recorded by: `experiments.vae`, or that of a user's own script.

    That is the name behind `python -m`, else its folder and its stem. One that a script of this package has already
    is set apart by `own.` before it. What was typed into a notebook has no file, and its runs cannot be read again.
    """
    path = file_of(script)
    if path is None:
        return f"notebook.{script.__name__.strip('_')}"
    if path.is_relative_to(FOLDER):
        return ".".join(("experiments", *path.relative_to(FOLDER).with_suffix("").parts))
    name = spoken(script) or f"{path.parent.name}.{path.stem}"
    return f"own.{name}" if short(name) else name


def spoken(script: ModuleType) -> str:
    """What a module is called behind `python -m`; "" where it was started or imported from a file."""
    spec = script.__spec__
    return spec.name if spec and not spec.name.startswith(BY_FILE) else ""


def start(script: ModuleType) -> tuple[str, ...]:
    """What follows `python` in the command that starts a script."""
    if is_ours(script):
        return ("-m", f"{package()}.{name_of(script).removeprefix('experiments.')}")
    name, path = spoken(script), file_of(script)
    return ("-m", name) if name or not path else (os.path.relpath(path),)


def own_script(*parts: Any) -> ModuleType | None:
    """A user's own script, where one wrote a `Config` or a `build`: the one that runs before one that was imported."""
    names = (getattr(getattr(part, "func", part), "__module__", "") for part in parts)
    modules = [sys.modules[name] for name in names if name in sys.modules]
    own = [script for script in modules if not is_ours(script)]
    return next((script for script in own if script.__name__ == "__main__"), next(iter(own), None))


def origin(name: str, folder: Path, *parts: Any) -> dict[str, Any]:
    """What `config.json` of a run in a folder says of a user's own script, so that it can be imported again.

    Of a script of this package, and of one without a file, that is nothing.
    """
    script = None if short(name) else own_script(*parts)
    path = file_of(script) if script else None
    if script is None or path is None:
        return {}
    beside = os.path.relpath(path, folder.resolve())
    return {"module": spoken(script) or None, "file": str(path), "beside": beside}


def alone(name: str, *parts: Any) -> tuple[str, ...]:
    """What follows `python` in the command of a run by itself, from its recorded name and its `Config` and `build`."""
    script = None if short(name) else own_script(*parts)
    return start(script) if script else ("-m", f"{package()}.{short(name)}" if short(name) else name)


def root_of(stated: Mapping[str, Any], file: Path) -> Path:
    """The folder from which a script's own modules are imported: that of its outermost package, else its own.

    A file that lies elsewhere than `python -m` found it is a script by itself.
    """
    parts = tuple((stated.get("module") or "").split("."))
    fits = file.with_suffix("").parts[-len(parts) :] == parts
    return file.parents[len(parts) - 1] if fits else file.parent
