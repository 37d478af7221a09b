"""The recipes of docs/design.md, and how their code is put in place for a test."""

import importlib.util
import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "design.md").read_text().partition("\n## Recipes\n")[2]
RECIPES = dict(re.findall(r"^### (An? .+?)\n(.*?)(?=^### |\Z)", TEXT, re.DOTALL | re.MULTILINE))
PATH = re.compile(r"`((?:aelab|experiments|tests)/[\w/]+\.py)`")


def blocks(recipe: str) -> dict[str, str]:
    """The code of a recipe, by the file that it goes into."""
    found = {}
    for block in re.finditer(r"^ *```python\n(.*?)^ *```$", RECIPES[recipe], re.DOTALL | re.MULTILINE):
        path = PATH.findall(RECIPES[recipe][: block.start()])[-1]
        found[path] = textwrap.dedent(block[1])
    return found


def put(path: str, code: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module of a file with this code: a new one, written below `folder`, or one of the library that it joins."""
    name = path.removesuffix(".py").replace("/", ".")
    if (ROOT / path).exists():
        module = importlib.import_module(name)
        added: dict[str, Any] = dict(vars(module))
        exec(compile(code, path, "exec"), added)
        for key in added.keys() - vars(module).keys():
            monkeypatch.setattr(module, key, added[key], raising=False)
        return module
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(code)
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    assert spec.loader is not None
    spec.loader.exec_module(module)
    return module
