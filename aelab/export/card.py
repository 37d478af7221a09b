"""`README.md` of an exported model: a model card, its front matter as the Hugging Face hub reads it."""

import math
from collections.abc import Iterator
from typing import Any

from aelab.experiment import scores as registry
from aelab.export import words
from aelab.export.licences import find
from aelab.export.subject import Subject
from aelab.measures import record, table, written
from aelab.measures.numbers import pm
from aelab.measures.table import EMPTY, Outcome

SPLITS = ("test", "validation")


def card(subject: Subject, files: dict[str, str]) -> str:
    """The text; `files` says in words what each file of the folder holds."""
    parts = {
        f"# {words.title(subject)}": words.summary(subject),
        "## Data": words.data(subject),
        "## Recipe": words.recipe(subject),
        "## Scores": scores(subject),
        "## Evaluation": evaluation(subject),
        "## Where it comes from": words.origin(subject),
        "## Files": "\n".join(f"- `{name}`: {said}" for name, said in files.items()),
        "## How to load it": words.loading(subject, files),
    }
    body = "\n\n".join(f"{heading}\n\n{text}" for heading, text in parts.items() if text)
    return f"---\n{front_matter(subject)}---\n\n{body}\n"


def front_matter(subject: Subject) -> str:
    """The library, tags, the set by its name on the hub where it has one, and the scores of the test split."""
    import yaml

    known, script = find(subject.config.data), words.script(subject)
    said: dict[str, Any] = {"library_name": "aelab", "tags": ["autoencoder", "jax", "flax", *filter(None, [script])]}
    if known and known.hub:
        said["datasets"] = [known.hub]
    if results := list(_results(subject)):
        said["model-index"] = [{"name": subject.name, "results": [{**_task(subject), "metrics": results}]}]
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True)


def _task(subject: Subject) -> dict[str, Any]:
    name = subject.manifest.get("data", {}).get("name") or subject.config.data
    return {
        "task": {"type": "feature-extraction", "name": "Autoencoding"},
        "dataset": {"name": name, "type": name, "split": "test"},
    }


def _results(subject: Subject) -> Iterator[dict[str, Any]]:
    for name, value in _scores(subject).items():
        split, _, bare = name.partition("/")
        if split == "test":
            score = registry.find(bare, subject.own)
            yield {"type": bare, "value": value, "name": f"{score.called}, {score.unit}".removesuffix(", ")}


def _scores(subject: Subject) -> dict[str, float]:
    """The finite scores of the run's end."""
    found = subject.summary.get("scores") or {}
    return {name: value for name, value in found.items() if isinstance(value, float) and math.isfinite(value)}


def scores(subject: Subject) -> str:
    """A table of what the run ended with; ± is the standard error over the examples, where one is known."""
    found, errors = _scores(subject), subject.summary.get("standard_errors") or {}
    if not found:
        return "The run had not come to its end when it was exported, so it has no scores."
    names = sorted({name.partition("/")[2] for name in found}, key=lambda name: registry.place(name, subject.own))
    lines = ["| score | test | validation | unit | better | meaning |", "| --- | ---: | ---: | --- | --- | --- |"]
    for name in names:
        score = registry.find(name, subject.own)
        cells = [_cell(found, errors, f"{split}/{name}") for split in SPLITS]
        better = "" if score.direction == "neither" else score.direction
        lines.append(f"| {' | '.join([score.called, *cells, score.unit, better, _escaped(score.meaning)])} |")
    notes = [
        "± is the standard error over the examples; where there is none, it was not recorded.",
        *(f"Note: {note}." for note in subject.summary.get("notes") or []),
        *words.of_the_last_step(subject),
    ]
    return "\n".join([*lines, "", *notes])


def _cell(found: dict[str, float], errors: dict[str, float], name: str) -> str:
    return written.minus(pm(found[name], errors.get(name, math.nan))) if name in found else EMPTY


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def evaluation(subject: Subject) -> str:
    """What `aelab eval` has measured of the run; "" where nobody asked."""
    parts = record.kept(subject.run) if subject.which == "last" else []
    config = subject.run.read("config.json").get("config") or {}
    return written.markdown(table.table([Outcome(subject.name, config, parts, subject.own)])) if parts else ""
