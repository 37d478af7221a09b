"""`report.html`: one page with its style and its pictures inside, safe to mail or to open years later."""

from importlib import resources
from pathlib import Path
from string import Template

from aelab.errors import ConfigError
from aelab.report import recipe, sections
from aelab.report.markup import text
from aelab.report.measured import measured
from aelab.runs import untrusted
from aelab.runs.atomic import write_atomically
from aelab.runs.folder import Run

ORDER = (
    sections.header,
    sections.trouble,
    sections.advice,
    sections.cards,
    sections.figures,
    sections.curves,
    sections.scores,
    measured,
    recipe.layers,
    recipe.config,
    recipe.command,
    recipe.origin,
)


def write(run: Path) -> Path:
    """Write the report of a run folder, finished or not, and say where it is.

    Raises:
        ConfigError: it is not a run folder, or one with a link in it.
        StorageError: it cannot be written.
    """
    if not (run / "config.json").exists():
        raise ConfigError(f"{run}: not a run folder (no config.json); aelab info lists runs")
    untrusted.require_no_links(run.resolve())
    Run(run).require_run()
    path = run / "report.html"
    write_atomically(path, page(sections.read(run)).encode(errors="replace"))
    return path


def page(record: sections.Record) -> str:
    """The whole page."""
    return render(record.name, "\n".join(filter(None, (part(record) for part in ORDER))))


def render(title: str, body: str) -> str:
    """A page of that title around a body."""
    return Template(_part("page.html")).substitute(title=text(title), style=_part("style.css"), body=body)


def _part(name: str) -> str:
    return resources.files("aelab.report").joinpath(name).read_text("utf-8")
