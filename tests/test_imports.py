"""The rooms of the library import downwards only, no file stands in a circle, and each stays small."""

import ast
import graphlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Bottom to top. A room may import from the groups below its own; rooms of one group do not import each other.
ORDER = [
    {"aelab.errors", "aelab.seeds", "aelab.batch", "aelab.precision"},
    {"aelab.distributions", "aelab.config", "aelab.takes"},
    {"aelab.devices", "aelab.corruptions", "aelab.likelihoods", "aelab.nets", "aelab.latents"},
    {"aelab.priors"},
    {"aelab.model", "aelab.data"},
    {"aelab.objectives"},
    {"aelab.experiment"},
    {"aelab.evaluation"},
    {"aelab.baselines", "aelab.disentanglement", "aelab.training", "aelab.truth"},
    {"aelab.runs"},
    {"aelab.figures", "aelab.apply", "aelab.sklearn", "aelab.explore", "aelab.trackers"},
    {"aelab.measures"},
    {"aelab.report"},
    {"aelab.runner", "aelab.compare", "aelab.export"},
    {"aelab.audit", "aelab.sweeps"},
    {"aelab.cli"},
    {
        "experiments.vae",
        "experiments.autoencoder",
        "experiments.cvae",
        "experiments.m2",
        "experiments.mae",
        "experiments.sparse",
        "experiments.vq",
        "experiments.aae",
        "experiments.vae_gan",
    },  # scripts of one run
    {"experiments.code_prior"},  # of the child of another run
    {"experiments.common"},
    {"experiments.architectures", "experiments.sweep", "experiments.reduce", "experiments.denoise"}
    | {"experiments.occlusion", "experiments.classify", "experiments.generate", "experiments.detect"}
    | {"experiments.one_class", "experiments.tokenizers", "experiments.impute", "experiments.defaults"}
    | {"experiments.conditional", "experiments.family", "experiments.dictionaries"},
    {"experiments.quadrants", "experiments.bench", "experiments.generators"},
]
ABOVE_THE_MODEL = 5  # the level from which on nothing knows of Linen modules
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for folder in ("aelab", "experiments")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "peers" not in path.parts
}
WAYS_IN = ("aelab", "aelab.__main__", "aelab.experiments", "experiments")
LIBRARY = {name: path for name, path in FILES.items() if name not in WAYS_IN}


def room(module: str) -> str:
    """`aelab.data.idx` -> `aelab.data`."""
    return ".".join(module.split(".")[:2])


def level(module: str) -> int:
    return next(i for i, group in enumerate(ORDER) if room(module) in group)


@cache
def imported(path: Path) -> set[str]:
    """Every module a file imports, at its top or inside a function; of this project's, the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = imported_from(node, path)
            inner = {alias.name: f"{source}.{alias.name}" for alias in node.names}
            names |= {full if full in FILES else source for full in inner.values()}
    return names


def imported_from(node: ast.ImportFrom, path: Path) -> str:
    """The module behind `from`; where dots stand for the packages around a file, with their names."""
    if not node.level:
        return node.module or ""
    around = path.relative_to(ROOT).with_suffix("").parts[: -node.level]
    return ".".join([*around, *filter(None, [node.module])])


def test_dots_before_a_name_are_read_as_python_reads_them():
    reduce, jobs = FILES["experiments.reduce"], FILES["experiments.common.jobs"]
    assert {"experiments.autoencoder", "experiments.common.tasks", "experiments.common.jobs"} <= imported(reduce)
    assert "experiments.common.tasks" in imported(jobs)
    assert "experiments.autoencoder" in imported(FILES["experiments.common.class_errors"])


def spelt_out(path: Path) -> list[str]:
    """What a file imports by its whole name, without dots before it."""
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.append(node.module or "")
    return names


def test_scripts_work_under_any_name_of_their_package():
    """`python -m experiments.vae` and `python -m aelab.experiments.vae` are one script: its imports name no package."""
    scripts = {module: path for module, path in LIBRARY.items() if not module.startswith("experiments.bench")}
    assert [
        f"{m}: {n}" for m, path in scripts.items() for n in spelt_out(path) if n.split(".")[0] == "experiments"
    ] == []


def test_imports_go_downwards():
    found = [(module, name) for module, path in LIBRARY.items() for name in imported(path) & LIBRARY.keys()]
    assert [f"{m} imports {n}" for m, n in found if room(m) != room(n) and level(n) >= level(m)] == []


def test_no_file_stands_in_a_circle():
    """A room's `__init__` is its menu: it imports its files, and they do not count it among what they import."""
    files = {name: path for name, path in LIBRARY.items() if path.name != "__init__.py"}
    graph = {name: imported(path) & files.keys() - {name} for name, path in files.items()}
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError


def test_only_one_room_knows_of_meshes():
    words = ("jax.pmap", "shard_map(", "make_mesh", "jax.distributed", "NamedSharding")
    others = {module: path.read_text() for module, path in LIBRARY.items() if room(module) != "aelab.devices"}
    assert [f"{module} says {word}" for module, text in others.items() for word in words if word in text] == []


def test_flax_stops_at_the_model():
    above = [m for m in LIBRARY if m.startswith("aelab.") and level(m) >= ABOVE_THE_MODEL]
    knowing = [m for m in above if any(name.startswith("flax") for name in imported(LIBRARY[m]))]
    assert set(knowing) <= {"aelab.evaluation.layers"}


def test_the_root_is_the_subject():
    """What does not belong to it has a room of its own."""
    assert len(list((ROOT / "aelab").glob("*.py"))) <= 12


def test_files_stay_small():
    """One idea a file: half of them have at most 120 lines, none has more than 250."""
    sizes = sorted(len(path.read_text().splitlines()) for path in FILES.values())
    assert sizes[len(sizes) // 2] <= 120
    assert sizes[-1] <= 250, max(FILES, key=lambda name: len(FILES[name].read_text().splitlines()))


def private_names(path: Path) -> set[tuple[str, str]]:
    """Which private names of other files of this project a file imports, or reaches through a module it imported."""
    tree, modules, found = ast.parse(path.read_text()), {}, set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            source = imported_from(node, path)
            modules |= {alias.asname or alias.name: f"{source}.{alias.name}" for alias in node.names}
            found |= {(source, alias.name) for alias in node.names if source in FILES}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found.add((modules.get(node.value.id, ""), node.attr))
    return {(module, name) for module, name in found if module in FILES and name.startswith("_") and name[1:2] != "_"}


def test_private_names_stay_in_their_room():
    used = [(module, *private) for module, path in LIBRARY.items() for private in private_names(path)]
    assert [f"{module} uses {theirs}.{name}" for module, theirs, name in used if room(theirs) != room(module)] == []


CODE = [path for folder in ("aelab", "experiments", "tools", "docs") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_pickle_has_no_place():
    unsafe = {"pickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
    assert [path for path in CODE if unsafe & {name.split(".")[0] for name in imported(path)}] == []
    assert [path for path in CODE if "allow_pickle=True" in path.read_text()] == []
