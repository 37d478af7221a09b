"""`--config FILE`: settings that stand in a file, YAML or JSON, under those that the command line gives.

The file is what `--dry-run --json` prints, the `config.json` of a run, the `table.json` of a table, or a few lines of
one's own, `latent_dim: 16`. The first three name the script that they are of.
"""

import dataclasses
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import tyro

from aelab.config.bounds import check
from aelab.config.json_form import misfit, typed
from aelab.config.markers import before
from aelab.config.spelling import nearest
from aelab.errors import ConfigError

Fields = TypeVar("Fields")  # a frozen dataclass, a flag a field
FLAG, FORMS = "--config", (".yaml", ".yml", ".json")
EXPONENT = re.compile(r"^[-+]?\d+(\.\d*)?[eE][-+]?\d+$")  # 1e-3, which YAML 1.1 takes for a text


def split(argv: Sequence[str]) -> tuple[str, list[str]]:
    """The file that a command line names, "" for none, and the words without it; of several the last is taken.

    Raises:
        ConfigError: the flag has no value.
    """
    file, rest, words = "", [], iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if name != FLAG:
            rest.append(word)
            continue
        file = value if equals else next(words, "")
        if not file or file.startswith("--"):
            raise ConfigError(f"{FLAG}: needs a file; give one that ends in {', '.join(FORMS)}")
    return file, rest


def defaults(kind: type[Fields], path: Path, script: str) -> Fields:
    """The settings of a file, and the defaults of the others; what has no default gets tyro's mark for that.

    Raises:
        ConfigError: no such file, of another script, or something in it that is unknown or does not fit.
    """
    hints, values = get_type_hints(kind), settings(kind, path, script)
    given: dict[str, Any] = {}
    for name, value in values.items():
        if name not in hints:
            raise ConfigError(f"{path}: {name}: no such setting of {script}{nearest(name.replace('-', '_'), hints)}")
        if wrong := misfit(value, hints[name], name):
            raise ConfigError(f"{path}: {wrong}, got {repr(value)[:40]}{_near(value, hints[name])}")
        given[name] = typed(_as_float(value, hints[name]), hints[name])
    lacking = (field for field in dataclasses.fields(kind) if field.name not in given)  # ty: ignore[invalid-argument-type]
    missing = {f.name: tyro.MISSING for f in lacking if {f.default, f.default_factory} == {dataclasses.MISSING}}
    made = kind(**given, **missing)
    try:
        check(made)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    return made


def settings(kind: type, path: Path, script: str) -> dict[str, Any]:
    """What a file says of settings, by name, as JSON values.

    Raises:
        ConfigError: it cannot be read, or is of another script.
    """
    said = _read(path)
    if isinstance(said.get("config"), Mapping):  # a run or a table wrote it
        said = {**said, "config": {**before(kind), **said["config"]}}
    theirs = said.pop("experiment", script)
    if script and theirs != script:
        raise ConfigError(f"{path}: is of the script {theirs}, not of {script}; give it to that one")
    return {str(name): value for name, value in said.get("config", said).items()}


def _read(path: Path) -> dict[str, Any]:
    if path.suffix not in FORMS:
        raise ConfigError(f"{FLAG} {path}: is no file of settings; give one that ends in {', '.join(FORMS)}")
    try:
        text = path.read_text(encoding="utf-8")
        said = json.loads(text) if path.suffix == ".json" else _yaml(text)
    except OSError as error:
        raise ConfigError(f"{FLAG} {path}: {error.strerror}; is the path right?") from None
    except (ValueError, RecursionError) as error:
        form = "JSON" if path.suffix == ".json" else "YAML"
        raise ConfigError(f"{path}: not {form} ({' '.join(str(error).split())}); mend it") from None
    if not isinstance(said, dict):
        raise ConfigError(f"{path}: must hold settings by name, as latent_dim: 16")
    return said


def _yaml(text: str) -> Any:
    import yaml  # flax brings it

    class Loader(yaml.SafeLoader):
        """Takes 1e-3 for a number."""

    Loader.add_implicit_resolver("tag:yaml.org,2002:float", EXPONENT, list("-+0123456789"))
    try:
        return yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        raise ValueError(f"{place}{error.problem}") from None
    except yaml.YAMLError as error:  # of a character that no YAML has
        raise ValueError(str(error)) from None


def _as_float(value: Any, hint: Any) -> Any:
    """4 as 4.0 where a field is a number and no whole one, as the command line reads it: runs are named by it."""
    if isinstance(value, list):
        return [_as_float(part, hint) for part in value]
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole and float in _leaves(hint) and int not in _leaves(hint) else value


def _leaves(hint: Any) -> set[Any]:
    """The plain types that a type is made of."""
    inner = [leaf for arg in get_args(hint) if isinstance(arg, type) or get_args(arg) for leaf in _leaves(arg)]
    return set(inner) or {hint}


def _near(value: Any, hint: Any) -> str:
    from aelab.config.mistakes import choices

    return nearest(value, choices(hint)) if isinstance(value, str) else ""
