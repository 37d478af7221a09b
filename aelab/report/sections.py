"""The parts of the page, in its order; each is empty where the run folder has nothing for it."""

import base64
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from aelab.experiment import scores as registry
from aelab.measures import record
from aelab.measures.record import Part
from aelab.report.markup import exact, large, section, table, text
from aelab.report.plots import plots
from aelab.report.words import CAPTIONS, caption
from aelab.runs import untrusted
from aelab.runs.folder import Run
from aelab.runs.history import gather
from aelab.runs.png import size as size_of

CARDS = 5  # scores that are written large
BROAD = 1100  # pixels from which a picture gets the whole width
BROAD_GRID = 640  # the same of a grid with words beside it, which half the width would make too small to read
GRIDS = ("reconstructions", "rows", "completions", "interpolations", "traversals", "comparison", "features")
TABLES = ("samples", "class_samples")  # grids too where they are rows of a table, which are wide and low


class Record(NamedTuple):
    """All that a run folder holds for its report; absent files are empty."""

    name: str
    config: dict[str, Any]
    manifest: dict[str, Any]
    status: dict[str, Any]
    summary: dict[str, Any]
    pictures: dict[str, bytes]  # PNG by name
    parts: Sequence[Part] = ()  # what `aelab eval` has measured
    history: Mapping[str, Any] = MappingProxyType({})  # how training went, as `aelab.runs.history.gather` gives it

    @property
    def scores(self) -> dict[str, Any]:
        return self.summary.get("scores") or {}

    @property
    def own(self) -> tuple[registry.Score, ...]:
        """The scores that its experiment adds to the usual ones."""
        return registry.from_json(self.manifest.get("own_scores") or [])


def read(path: Path) -> Record:
    """The record of a run, finished or not."""
    run = Run(path)
    files = [run.read(f"{name}.json") for name in ("config", "manifest", "status", "summary")]
    pictures = {picture.stem: untrusted.read(picture) for picture in sorted((path / "figures").glob("*.png"))}
    own = registry.from_json(files[1].get("own_scores") or [])
    return Record(path.resolve().name, *files, pictures, record.kept(run), gather(run.rows(), own))


def header(run: Record) -> str:
    """Name, state, and what was done, in a line."""
    state = run.summary.get("status") or run.status.get("state") or "not started"
    data, made = run.manifest.get("data") or {}, run.summary
    step = made.get("step", run.status.get("step"))
    facts = [
        data.get("name"),
        made.get("epochs") is not None and f"{large(made['epochs'])} epochs",
        step is not None and f"{large(step)} steps",
        made.get("parameters") is not None and f"{large(made['parameters'])} parameters",
    ]
    said = " · ".join(text(fact) for fact in facts if fact)
    known = state if state in ("running", "done", "preempted", "failed") else "unknown"
    return (
        f'<header><p class="over">{text(run.config.get("experiment", "aelab"))}</p><h1>{text(run.name)}</h1>'
        f'<p class="facts"><span class="state {known}">{text(state)}</span>{said}</p></header>'
    )


def cards(run: Record) -> str:
    """The main scores, large: of the test split, or of the first there is."""
    split = "test" if any(key.startswith("test/") for key in run.scores) else next(iter(run.scores), "").split("/")[0]
    own = {key.partition("/")[2]: value for key, value in run.scores.items() if key.partition("/")[0] == split}
    body = "".join(
        _card(split, registry.find(name, run.own), own[name])
        for name in sorted(own, key=lambda name: registry.place(name, run.own))[:CARDS]
    )
    return f'<div class="cards">{body}</div>' if body else '<p class="quiet">No scores yet: they come at the end.</p>'


def _card(split: str, score: registry.Score, value: object) -> str:
    return (
        f'<div class="card"><p class="label">{text(split)} {text(score.called)}</p>'
        f'<p class="value">{text(large(value))}</p><p class="unit">{text(score.unit)}</p></div>'
    )


def trouble(run: Record) -> str:
    """What went wrong, in words."""
    lines = [*(run.summary.get("trouble") or []), run.status.get("reason")]
    items = "".join(f"<li>{re.sub('--[a-z-]+', _code, text(line))}</li>" for line in lines if line)
    return section("Trouble", items and f"<ul>{items}</ul>", kind="trouble")


def advice(run: Record) -> str:
    """What to try next."""
    items = "".join(f"<li>{re.sub('--[a-z-]+', _code, text(line))}</li>" for line in run.summary.get("advice") or [])
    return section("Next", items and f"<ul>{items}</ul>", kind="advice")


def _code(found: re.Match[str]) -> str:
    return f"<code>{found[0]}</code>"  # keeps a flag in one piece


def figures(run: Record) -> str:
    """All pictures but the curves, known ones first."""
    names = [name for name in CAPTIONS if name in run.pictures] + sorted(run.pictures.keys() - CAPTIONS.keys())
    told = str((run.config.get("config") or {}).get("condition", "none"))
    body = "".join(figure(name, run.pictures[name], told) for name in names if name != "curves")
    return section("Figures", body and f'<div class="figures">{body}</div>')


def curves(run: Record) -> str:
    """How training went: plots of the metrics, or the picture of them where the metrics are gone."""
    drawn = plots(run.history)
    body = f'<div class="plots">{drawn}</div><p class="look">{text(CAPTIONS["curves"])}</p>' if drawn else ""
    if not drawn and "curves" in run.pictures:
        body = figure("curves", run.pictures["curves"])
    return section("Training", body)


def figure(name: str, png: bytes, condition: str = "none") -> str:
    """A picture with what to look for in it, where the model is shown that `condition`."""
    width, height = size_of(png)
    grid = name in GRIDS or (name in TABLES and width > 1.5 * height)
    broad = ' class="broad"' if width > (BROAD_GRID if grid else BROAD) else ""
    source = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    size = f'width="{width}" height="{height}"' if width and height else ""
    called = name.capitalize().replace("_", " ")
    return (
        f'<figure{broad}><img alt="{text(name)}" {size} src="{source}">'
        f"<figcaption><b>{text(called)}.</b> {text(caption(name, condition))}</figcaption></figure>"
    )


def scores(run: Record) -> str:
    """Every score of every split, to be copied."""
    splits = list(dict.fromkeys(key.partition("/")[0] for key in run.scores))
    names = sorted(dict.fromkeys(k.partition("/")[2] for k in run.scores), key=lambda n: registry.place(n, run.own))
    rows = [
        (name, *(_with_error(run, f"{split}/{name}") for split in splits), *_said(registry.find(name, run.own)))
        for name in names
    ]
    head = ["score", *splits, "unit", "better", "meaning"]
    return section("Scores", table(head, rows, range(1, len(splits) + 1)) + _caveat(run))


def _with_error(run: Record, name: str) -> str:
    """A score, and its standard error to two digits where that is known."""
    error = (run.summary.get("standard_errors") or {}).get(name)
    return exact(run.scores.get(name)) + (f" ± {error:.2g}" if error else "")


def _said(score: registry.Score) -> tuple[str, str, str]:
    return score.unit, "" if score.direction == "neither" else score.direction, score.meaning


def _caveat(run: Record) -> str:
    """What the bounds of this run are not."""
    spec, settings = (run.manifest.get("data") or {}).get("spec") or {}, run.config.get("config") or {}
    bounds = any(key.endswith("/elbo") for key in run.scores)
    note = registry.no_density(str(settings.get("likelihood", "")), spec) if bounds else ""
    return note and f'<p class="quiet">{text(note[0].upper() + note[1:])}.</p>'
