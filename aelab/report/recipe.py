"""What was trained and how it is repeated: layers, settings, command, versions; parts of the page of a run."""

from collections.abc import Iterable, Mapping
from typing import Any

from aelab.config import unread
from aelab.report.markup import flat, section, shape, table, text
from aelab.report.sections import Record

OFF = ("", 0, False, None, "none")  # values of settings that do nothing


def layers(run: Record) -> str:
    """The model, layer by layer."""
    rows, last = [], None
    for layer in run.manifest.get("layers") or []:
        part, count = layer.get("part"), layer.get("parameters")
        rows.append(("" if part == last else part, layer.get("layer"), shape(layer.get("output", "")), _count(count)))
        last = part
    total = run.summary.get("parameters")
    if rows and total is not None:
        rows.append(("all", "", "", _count(total)))
        moved = run.summary.get("parameters_by_player") or {}
        rows += [(f"moved by {player}", "", "", _count(count)) for player, count in moved.items()]
    return section("Layers", table(["part", "layer", "output", "parameters"], rows, [3]))


def _count(n: object) -> str:
    return f"{n:,}" if isinstance(n, int) and n else ""


def config(run: Record) -> str:
    """Every setting that the run's net reads; those that are off are folded away."""
    stored = run.config.get("config") or {}
    shown = [(name, value) for name, value in flat(stored) if name not in unread(stored.get("net"))]
    on = [(name, value) for name, value in shown if name == "seed" or value not in OFF]
    off = table(["setting", "value"], [row for row in shown if row not in on])
    more = off and f"<details><summary>{len(shown) - len(on)} settings that are off</summary>{off}</details>"
    return section("Settings", table(["setting", "value"], on) + more)


def command(run: Record) -> str:
    """The line that repeats the run; one click selects it."""
    line = run.manifest.get("command")
    return section("Again", f"<pre>{text(line)}</pre>" if line else "")


def origin(run: Record) -> str:
    """Versions, machine, data and digests, folded away."""
    rows: Iterable[tuple[str, object]] = flat(_origin(run.manifest))
    digest = run.summary.get("params_sha256")
    body = table(["", ""], [*rows, *([("params_sha256", digest)] if digest else [])])
    return f"<details><summary>Versions and digests</summary>{body}</details>" if body else ""


def _origin(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the page does not say elsewhere, and how the last session ran."""
    shown = ("layers", "command", "schema", "config", "digests", "scores", "sessions", "experiment", "params_sha256")
    sessions = manifest.get("sessions") or [{}]
    return {key: value for key, value in manifest.items() if key not in shown} | sessions[-1]
