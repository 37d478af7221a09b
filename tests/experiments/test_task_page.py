"""Every table of docs/tasks.md, and every figure of it in the README, is that of results/task-*.json."""

import importlib
import json
import re
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest

from aelab.config import from_json
from aelab.report import tables
from experiments.common import anomalies, judged, unet

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tasks.md").read_text()
STORED = {path.stem.removeprefix("task-"): json.loads(path.read_text()) for path in (ROOT / "results").glob("task-*")}
TABLES = [(task, i) for task in STORED for i in range(len(STORED[task]["tables"]))]


def table(stored: dict) -> str:
    """As the script that made it draws it."""
    script = importlib.import_module(stored["experiment"])
    return script.table(from_json(script.Config, stored["config"]), stored["rows"], stored.get("baselines", []))


@pytest.mark.parametrize(("task", "number"), TABLES)
def test_the_tables_are_what_was_measured(task, number):
    assert table(STORED[task]["tables"][number]) in PAGE


def test_no_table_of_the_page_comes_from_elsewhere():
    page = PAGE[PAGE.index("\n## ") :]  # the menu is no result
    known = {line for task, number in TABLES for line in table(STORED[task]["tables"][number]).splitlines()}
    assert [line for line in page.splitlines() if line.startswith("|") and line not in known] == []


def test_every_command_of_the_page_is_that_of_a_table():
    """It stands before its table and names the set, the seeds and the epochs that the table was made with."""
    from aelab.config import flags

    said = []
    for command in re.findall(r"^aelab (?:task|train) (\w+.*)$", PAGE, re.MULTILINE):
        word, *argv = command.split()
        name = f"experiments.{word}"
        script = importlib.import_module(name)
        said.append((name, flags.parse(script.Config, argv, prog=name)))
    for task, number in TABLES:
        stored = STORED[task]["tables"][number]
        made = from_json(importlib.import_module(stored["experiment"]).Config, stored["config"])
        names = ("data", "seeds", "epochs", "net")
        assert any(
            name == stored["experiment"] and all(getattr(own, n) == getattr(made, n) for n in names)
            for name, own in said
        ), f"no command for {task} on {made.data}"


def verdict(stored: dict) -> list[str]:
    """What the script that made a table says of its aims, in sentences."""
    script = importlib.import_module(stored["experiment"])
    rows, baselines = stored["rows"], stored.get("baselines", [])
    if script.__name__ in ("experiments.detect", "experiments.one_class"):
        return [script.verdict(from_json(script.Config, stored["config"]), rows, baselines)]
    if script.__name__ == "experiments.denoise":
        return script.claims(stored["lead"]) + from_the_unet(stored, script.LEVEL)
    if script.__name__ == "experiments.occlusion":
        return script.claims(stored["lead"]).splitlines() + from_the_unet(stored, script.HOLES)
    return judged.claims(stored["ordering"], script.ORDER).splitlines()


def from_the_unet(stored: dict, place: Callable) -> list[str]:
    """How far ours are from the supervised net, where a table has one."""
    return unet.said(unet.distances(stored["lead"], stored["rows"], stored["baselines"], place), place).splitlines()[1:]


@pytest.mark.parametrize(
    ("task", "number"), [t for t in TABLES if t[0] in ("denoise", "detect", "generate", "occlusion")]
)
def test_the_page_says_what_was_met_and_what_was_missed(task, number):
    words = " ".join(PAGE.split())
    assert [said for said in verdict(STORED[task]["tables"][number]) if said not in words] == []


def mean(rows: list[dict], score: str, digits: int, **kind) -> str:
    """Of the rows of that kind, as tables write it."""
    values = [row[score] for row in rows if all(row.get(name) == value for name, value in kind.items())]
    return tables.spread(values, digits)


def leads(found: list[dict], aim: Callable[[dict], float] = lambda row: 1.0) -> tuple[str, str]:
    """The median lead of single nets over the strongest rival, and in how many rows it is below the aim, in dB."""
    short = f"{sum(row['db'] < aim(row) for row in found)} of {len(found)} rows"
    return f"{statistics.median(row['db'] for row in found):+.2f} dB".replace("-", "−"), short


def single(stored: list[dict], *sets: str) -> list[dict]:
    """The leads of single nets on those sets, all of which are stored; the first table of a set has the defaults."""
    kept = {table["config"]["data"]: table["lead"] for table in reversed(stored)}
    return [row for name in sets for row in kept[name] if row["method"] == "ours" or row.get("ensemble") is False]


def aim_on_series(row: dict) -> float:
    """More where steps are missing."""
    return 1.0 if row["corruption"] == "masking" else 0.5


def best() -> dict[str, tuple[str, str]]:
    """By the first words of a line of the README: our figure, and that of what it is held against."""
    first = {task: stored["tables"][0] for task, stored in STORED.items()}
    reduced, hidden, found = (first[task] for task in ("reduce", "quadrants", "detect"))
    told, made = (first[task] for task in ("classify", "generate"))
    noise, holes = (STORED[task]["tables"] for task in ("denoise", "occlusion"))
    probes = [row for row in told["rows"] if row["classifier"] == "probe" and row["features"] == told["chosen"]]
    right = tables.spread([value for row in probes for value in row["all"]], 2)
    rival = max(row["all"][0] for row in told["baselines"] if row["classifier"] == "probe")
    return {
        "Dimension reduction": (
            mean(reduced["rows"], "squared_error", 2, code=30),
            mean(reduced["baselines"], "squared_error", 2, code=30),
        ),
        "Denoising": leads(single(noise, "tfds:fashion_mnist", "tfds:mnist")),
        "Noise on series": leads(single(noise, "ecg5000", "gunpoint"), aim_on_series),
        "Occlusion removal": leads(single(holes, "tfds:fashion_mnist", "tfds:mnist")),
        "Published quadrants": (mean(hidden["rows"], "nats", 2, method="conditional VAE", observed=2), "51.0"),
        "Classification": (right, f"{rival:.2f}"),
        "Generation": (
            mean(made["rows"], "frechet", 1, codes="AE, mixture"),
            mean(made["rows"], "frechet", 1, codes="VAE, N(0, I)"),
        ),
        "Anomaly detection": (
            mean(found["rows"], "auroc", 4, chosen=True),
            mean(found["baselines"], "auroc", 4, method=anomalies.strongest(found["baselines"], "auroc")[0]),
        ),
    }


@pytest.mark.parametrize("task", best())
def test_the_readme_says_the_best_figure_of_each(task):
    lines = (ROOT / "README.md").read_text().splitlines()
    (cells,) = (line.split("|")[2:4] for line in lines if line.startswith(f"| [{task}]"))
    for cell, figure in zip(cells, best()[task], strict=True):
        assert cell.strip().startswith(figure)
