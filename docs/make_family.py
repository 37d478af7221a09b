"""Put the table of the family on its page, with what it was made from in `results/family.json`.

    python -m experiments.family
    python docs/make_family.py runs

The table, what stands above it and the claims go between the two marks of `docs/family.md`.
"""

import json
import re
import sys
from pathlib import Path

from aelab.config import from_json
from aelab.errors import DataError
from experiments import family

ROOT = Path(__file__).parents[1]
PAGE, KEPT = ROOT / "docs" / "family.md", ROOT / "results" / "family.json"
MARKS = ("<!-- measured -->", "<!-- end -->")


def measured(stored: dict) -> str:
    """What stands between the marks."""
    config, real = from_json(family.Config, stored["config"]), stored["baselines"][0]
    parts = [family.head(config, real), family.table(config, stored["rows"], [real])]
    return "\n\n".join([*parts, "\n".join(family.claims(stored["rows"], real["leads"]))])


def main(runs: Path) -> None:
    """
    Raises:
        DataError: the table has not been made.
    """
    found = [json.loads(path.read_text()) for path in sorted(runs.glob("family/*/table.json"))]
    tables = [table for table in found if table["config"]["data"] == family.Config().data]
    if len(tables) != 1:
        raise DataError(f"{runs}: {len(tables)} tables of the family on {family.Config().data}; one is wanted")
    KEPT.write_text(json.dumps(tables[0], indent=1) + "\n")
    start, end = MARKS
    page, text = PAGE.read_text(), f"{start}\n\n{measured(tables[0])}\n\n{end}"
    PAGE.write_text(re.sub(f"{start}.*{end}", lambda _: text, page, flags=re.DOTALL))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
