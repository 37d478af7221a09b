"""The rooms of the library import downwards only."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Bottom to top. A file may import from groups below its own; a package's files may import each other where it says so.
ORDER = [
    {"errors", "forms"},
    {"stranger"},
    {"batch", "digests", "config", "seeds", "console", "manifest", "memory", "parent"},
    {"distributions", "data", "runs", "flags", "compute"},
    {"corruptions", "events", "training.state", "tables"},
    {
        "training.step",
        "training.optimizers",
        "training.feed",
        "training.prefetch",
        "checkpoints",
        "nets",
        "latents",
        "priors",
        "likelihoods",
    },
    {"model"},
    {"objectives"},
    {"parallel", "evaluation", "figures"},
    {"training.loop", "report", "leaderboard"},
    {"sweep_figures"},
    {"comparison"},
    {"experiment", "budget", "evidence"},
    {"trainer"},
    {"applied", "intake", "transforms"},
    {"joint"},
    {"describe", "conclusion", "speed", "nonfinite", "traced", "room"},
    {"training_run"},
    {"launch", "verify", "data_verbs", "tasks", "apply"},
    {"reproduce", "population"},
    {"sweeps"},
    {"cli"},
]
WHOLE = {
    "data",
    "nets",
    "latents",
    "objectives",
    "evaluation",
    "figures",
    "report",
    "sweeps",
}  # rooms that are one group inside
FLAX_STOPS_AT = 6  # the level of `model`: nothing above it knows of modules


def room(module: str) -> str:
    """`aelab.data.idx` -> `data`, `aelab.training.step` -> `training.step`."""
    parts = module.split(".")[1:]
    return parts[0] if parts[0] in WHOLE else ".".join(parts[:2])


def level(name: str) -> int:
    return next(i for i, group in enumerate(ORDER) if name in group)


def imported(tree: ast.AST) -> set[str]:
    """Every aelab module a file imports, at its top or inside a function."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= (
                {f"{node.module}.{alias.name}" for alias in node.names} if node.module == "aelab" else {node.module}
            )
    return names


FILES = [
    p
    for p in sorted((ROOT / "aelab").rglob("*.py"))
    if p not in {ROOT / "aelab" / "__init__.py", ROOT / "aelab" / "__main__.py"}
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downwards(path):
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    if module == "aelab.training":
        return
    mine = room(module)
    for name in imported(ast.parse(path.read_text())):
        if not name.startswith("aelab.") or name == "aelab.load":
            continue
        theirs = room(name)
        assert theirs == mine or level(theirs) < level(mine), f"{module} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_one_file_knows_of_meshes(path):
    if path.stem != "parallel":
        text = path.read_text()
        for word in ("jax.pmap", "shard_map(", "make_mesh", "jax.distributed", "NamedSharding"):
            assert word not in text, f"{path.name} says {word}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_flax_stops_at_the_model(path):
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    names = imported(ast.parse(path.read_text()))
    if module != "aelab.training" and level(room(module)) > FLAX_STOPS_AT and module != "aelab.evaluation.layers":
        assert not any(name.startswith("flax") for name in names)


CODE = [path for folder in ("aelab", "experiments", "tools", "docs") for path in sorted((ROOT / folder).rglob("*.py"))]


@pytest.mark.parametrize("path", CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_pickle_has_no_place(path):
    names = {name.split(".")[0] for name in imported(ast.parse(path.read_text()))}
    assert not {"pickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"} & names
    assert "allow_pickle=True" not in path.read_text()
