"""What `aelab eval` has measured of a run, as a section of its page."""

from aelab.measures import table as measures
from aelab.measures.table import Outcome
from aelab.measures.written import grouped, minus
from aelab.report.markup import section, table, text
from aelab.report.sections import Record

HEAD = ["", "value", "unit, or why there is none", "better", "meaning"]


def measured(run: Record) -> str:
    """A table for each group, with what every number means."""
    found = measures.table([Outcome(run.name, run.config.get("config") or {}, run.parts, run.own)])
    body = "".join(
        f"<h3>{text(heading.capitalize())}</h3>"
        + table(HEAD, [(each.name, minus(each.cells[0]), each.about, each.better, each.meaning) for each in lines], [1])
        for heading, lines in grouped(found)
    )
    notes = "".join(f'<p class="quiet">{text(note)}</p>' for note in found.notes)
    return section("Evaluation", body and body + notes)
