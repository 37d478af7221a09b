"""RESULTS.md and its figures, from results/bench.json alone: `python -m experiments.bench.page` writes them again."""

import json
import sys
from pathlib import Path
from typing import Any

from aelab.report import tables
from aelab.runs.atomic import write_atomically
from experiments.bench import goals, growth, overhead, pictures, profiles, results, start, streaming
from experiments.bench.rows import ROWS

HERE = Path(__file__).parent

TOP = """# What was measured

Made by `make bench`, from [results/bench.json](../../results/bench.json); nothing here is written by hand. A row is
measured again by `python -m experiments.bench.race --rows NAME`, the others stay.

Of each row all contenders are processes that wait while another has its turn: five turns or more each, every second
round backwards, after two that warm up. They have the same images (MNIST), shapes, batches, Adam at 1e-3 and 32-bit
floats. Speeds are medians over the turns; a ratio is the median over the rounds of the ratio within a round, so that
what slows a whole round slows both. *Ceiling* is a product of two matrices of 2048 × 2048 in the same rounds; the share
counts matrix products alone, forward and backward.
"""

BOUND = """`L_5000 of the FC VAE` scores images by the importance-weighted bound with 5,000 draws: Pythae image by
image, in batches of 100 draws (its default) or all at once; PyTorch and aelab all images at once, draw by draw. Each
contender decodes 5,000 codes an image, and Pythae encodes the image as often, which bounds the ratio that is possible.
"""

SWEEPS = """Rows of 16 train 16 members with the same steps each: aelab together on two virtual devices, each member
with the bits of a run of its own; the others, and aelab *one after the other*, in turn."""

NO_GPU = "none was present: not measured"


def text(measured: dict[str, Any]) -> str:
    """The page."""
    found, rows = measured.get("measures", {}), measured.get("rows", {})
    parts = [TOP, machine(measured)]
    if len(measured["machine"]["processors"]) > 1:
        parts.append(places(measured))
    if rows:
        parts += ["## Against the best peer", results.table(rows), "![A bar for each row](ratios.png)"]
        parts += [notes(rows), settings(rows), BOUND, SWEEPS]
    parts += ["## Goals", goals.table(measured)]
    if rows:
        parts += ["## Against each", results.ratios(rows), "## Memory"]
        parts += ["Peak of the resident memory of each process, libraries included.", results.memory(rows)]
    for name, (title, words, show) in SECTIONS.items():
        if name in found:
            parts += [f"## {title}", words, show(found[name])]
    parts += ["## On a GPU", on_gpu(measured)]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def machine(measured: dict[str, Any]) -> str:
    """Processor, versions and commits."""
    made = measured["machine"]
    entries = [entry for part in ("rows", "measures") for entry in measured.get(part, {}).values()]
    commits = sorted({entry["commit"][:9] for entry in entries if entry.get("commit")})
    versions = ", ".join(f"{name} {version}" for name, version in made["versions"].items() if version)
    rows = [
        ("processor", "; ".join(made["processors"])),
        ("memory", f"{made['memory_bytes'] / 2**30:.0f} GiB"),
        ("system", made["machine"]["system"]),
        ("ours", f"Python {made['python']}, {versions}"),
        ("peers", ", ".join(made["peers"])),
        ("commits", ", ".join(commits)),
        ("dates", ", ".join(made["dates"])),
    ]
    return tables.markdown(("machine", ""), rows)


def places(measured: dict[str, Any]) -> str:
    """What was measured on which processor, and the warning that goes with several."""
    titles_by_processor: dict[str, list[str]] = {}
    for row in measured.get("rows", {}).values():
        titles_by_processor.setdefault(row["on"], []).append(pictures.label(row))
    for name, found in measured.get("measures", {}).items():
        titles_by_processor.setdefault(found["on"], []).append(SECTIONS[name][0])
    warning = "Ratios can be compared from one row to another; speeds only between rows of one processor."
    return "\n".join((warning, "", *(f"- on {on}: {'; '.join(titles)}" for on, titles in titles_by_processor.items())))


def notes(rows: dict[str, Any]) -> str:
    """What there is to say of single rows."""
    found = {pictures.label(row): ROWS[name].note for name, row in rows.items() if name in ROWS}
    return "\n".join(f"- {label}: {note}" for label, note in found.items() if note)


def settings(rows: dict[str, Any]) -> str:
    """What aelab is asked for beyond the row, as flags of a script."""
    titles_by_flags: dict[str, list[str]] = {}
    for row in rows.values():
        if words := " ".join(f"--{name} {value}" for name, value in row["ours"].items()):
            titles_by_flags.setdefault(words, []).append(pictures.label(row))
    return "\n".join(f"- aelab with `{words}`: {'; '.join(titles)}" for words, titles in titles_by_flags.items())


def on_gpu(measured: dict[str, Any]) -> str:
    """Step times of the rows that ran on an accelerator, or that there was none."""
    rows = measured.get("accelerator", {})
    words = "The same commands, unchanged, where JAX and PyTorch see an accelerator."
    if rows:
        return "\n\n".join((words, results.step_times(rows), results.table(rows), results.ratios(rows)))
    missing = [(row["title"], row["work"]["batch"], NO_GPU) for row in trained(measured)]
    return f"{words}\n\n{tables.markdown(('task', 'batch', 'ms per step and share of ceiling'), missing)}"


def trained(measured: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in measured.get("rows", {}).values() if "steps" in row["work"]]


def _growth(found: dict[str, Any]) -> str:
    sizes, widths = growth.tables_of(found)
    return "\n\n".join((sizes, widths, "![Seconds by examples, and by width, beside a straight line](growth.png)"))


SECTIONS: dict[str, tuple[str, str, Any]] = {
    "profiles": (
        "Where the time goes",
        "`python -m experiments.bench.profiles`: a step on one core, of the rows that a core works on at once, by kind "
        "of kernel. What products leave is what any way of saying the same arithmetic has to pay.",
        profiles.table,
    ),
    "start": (
        "From the command to the report",
        "`python -m experiments.bench.start`: an epoch of `fashion_small`; cold is an empty cache of programs.",
        start.table,
    ),
    "saves": (
        "What saving costs",
        "`python -m experiments.bench.overhead`: the FC VAE, batches of 128, an epoch.",
        lambda found: overhead.table(found["ways"]),
    ),
    "streaming": (
        "Sets that stay on the disk",
        "`python -m experiments.bench.streaming --rounds 9`: a small conv VAE on 1 GiB of moved digits.",
        streaming.table,
    ),
    "growth": (
        "Growth",
        "`python -m experiments.bench.growth`: seconds of the FC VAE; *from linear* is the cost of an example, or of "
        "an operation of the matrix products, against that of the last line.",
        _growth,
    ),
}


def write(measured: dict[str, Any], folder: Path = HERE) -> None:
    """The page and its figures."""
    if rows := measured.get("rows"):
        write_atomically(folder / "ratios.png", pictures.ratios(rows))
    if found := measured.get("measures", {}).get("growth"):
        write_atomically(folder / "growth.png", pictures.growth(found))
    write_atomically(folder / "RESULTS.md", text(measured).encode())


if __name__ == "__main__":
    write(json.loads(Path(*sys.argv[1:] or ["results/bench.json"]).read_text()))
