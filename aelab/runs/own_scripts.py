"""A user's own script, found again from what a run says of it, held against its digests, and imported."""

import hashlib
import importlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import aelab
from aelab.errors import ConfigError
from aelab.runs import scripts

Trust = bool | str | Path  # False, True, or the file of the script that is trusted
INSTALLED = {"site-packages", "dist-packages"}  # folders of packages whose versions the fingerprint tells
LIBRARY = Path(aelab.__file__).resolve().parent


def import_again(stored: Mapping[str, Any], path: Path, trust: Trust) -> ModuleType:
    """The script of the run that the file `path` describes.

    What differs from the digests that the run has noted is named in a warning.

    Raises:
        ConfigError: it is not trusted, not there, or cannot be imported.
    """
    name, stated = stored["experiment"], stored.get("script") or {}
    file = find(stated, path.parent) if isinstance(trust, bool) else Path(trust).resolve()
    said = f"{path}: this run was trained by the script {file or stated.get('file') or name}"
    if refused := _refused(stated, file, trust):
        raise ConfigError(f"{said}, which {refused}")
    for line in changes(_digests_of(stored, path), stated, file) if file else ():
        warnings.warn(f"{path}: {line}", stacklevel=2)
    try:
        return _from_file(file, stated or _as_named(name, file)) if file else from_name(name)
    except ConfigError as error:
        raise ConfigError(f"{said}; {error}") from None
    except Exception as error:  # whatever the script does
        why = f"{type(error).__name__}: {error}".splitlines()[0]
        more = "" if file else "; give its path with --script"
        raise ConfigError(f"{said}, and Python cannot import it from this folder ({why}){more}") from None


def _refused(stated: Mapping[str, Any], file: Path | None, trust: Trust) -> str:
    """Why a script is not imported; "" where it may be."""
    if not trust and not (file and _loaded(file)):
        return "is no part of aelab; --trust, in Python trust=True, imports it"
    if file is None:
        return "is no longer there; give its path with --script" if stated else ""
    return "" if file.is_file() else "is not there; give its path with --script"


def _as_named(name: str, file: Path) -> dict[str, Any]:
    """What a run that only gives a name says of a script, where a file of a package fits the name."""
    return {"module": name} if (file.parent / "__init__.py").is_file() else {}


def find(stated: Mapping[str, Any], folder: Path) -> Path | None:
    """The file of a script: where it is as seen from the run folder, else where it was; None where neither is there."""
    places = [Path(stated[key]) for key in ("beside", "file") if stated.get(key)]
    files = (folder / place for place in places)  # an absolute path stays what it is
    return next((file.resolve() for file in files if os.path.isfile(file)), None)


def _loaded(file: Path) -> ModuleType | None:
    """The module of a file that this process has imported, or runs; then nothing more of it is executed."""
    modules = [loaded for loaded in list(sys.modules.values()) if Path(_place(loaded)).name == file.name]
    return next((loaded for loaded in modules if scripts.file_of(loaded) == file), None)


def _place(loaded: ModuleType) -> str:
    """The file of a module, as it says it; "" of one that has none."""
    return getattr(loaded, "__file__", None) or ""


def _from_file(file: Path, stated: Mapping[str, Any]) -> ModuleType:
    """Import a script from its file, as a part of its package where it was started by `python -m`."""
    if loaded := _loaded(file):
        return loaded
    name, root = stated.get("module") or "", scripts.root_of(stated, file)
    inside = ".".join(file.relative_to(root).with_suffix("").parts)
    return from_name(name, root) if name == inside else from_file(file)


def from_file(file: Path) -> ModuleType:
    """Import a file by a name that no other module has; what lies beside it can be imported too."""
    _search_first(file.parent)
    name = f"{scripts.BY_FILE}{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ConfigError("it is no Python file; name one that ends in .py")
    script = sys.modules[name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(script)
    except BaseException:
        del sys.modules[name]
        raise
    return script


def from_name(name: str, root: Path | None = None) -> ModuleType:
    """Import a module by its name, from `root` or, as `python -m` does, from the folder that Python was started in.

    Raises:
        ConfigError: another folder's package of that name is imported already.
    """
    _search_first(root or Path.cwd())
    top = sys.modules.get(name.partition(".")[0])
    homes = [Path(place).resolve().parent for place in getattr(top, "__path__", ())]
    if root and top and homes and root.resolve() not in homes:
        raise ConfigError(
            f"a package {top.__name__} of {homes[0]} is imported already; read it in a process of its own"
        )
    return importlib.import_module(name)


def _search_first(folder: Path) -> None:
    """Let Python look for modules in a folder first, as it does for a script that it starts there."""
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
        importlib.invalidate_caches()


def digests(stated: Mapping[str, Any]) -> dict[str, str]:
    """sha256 of a script and of its own modules that are imported by now, by their path from the script's root."""
    file = Path(stated["file"])
    root = scripts.root_of(stated, file)
    rest = [loaded for loaded in list(sys.modules.values()) if not INSTALLED & set(_place(loaded).split(os.sep))]
    paths = {scripts.file_of(loaded) for loaded in rest} | {file}
    own = sorted(path for path in paths if path and path.suffix == ".py" and _is_own(path, root))
    return {path.relative_to(root).as_posix(): _sha256(path) for path in own}


def _is_own(path: Path, root: Path) -> bool:
    elsewhere = any(path.is_relative_to(folder) for folder in (LIBRARY, scripts.FOLDER))
    return path.is_file() and path.is_relative_to(root) and not elsewhere and not INSTALLED & set(path.parts)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digests_of(stored: Mapping[str, Any], path: Path) -> dict[str, str]:
    """What the last session of a run noted; `stored` may be its manifest itself."""
    from aelab.runs.folder import Run

    sessions = stored.get("sessions") or Run(path.parent).read("manifest.json").get("sessions") or [{}]
    return sessions[-1].get("script") or {}


def changes(noted: Mapping[str, str], stated: Mapping[str, Any], file: Path) -> list[str]:
    """One line for each file of a script that is not as it was noted."""
    root, found = scripts.root_of(stated, file), []
    was = Path(stated.get("file") or file)
    for name, there in noted.items():
        path = file if scripts.root_of(stated, was) / name == was else root / name
        here = _sha256(path) if path.is_file() else ""
        if here != there:
            found.append(f"{path} " + ("has changed since it trained this run" if here else "is no longer there"))
    return found
