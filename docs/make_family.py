"""Put the tables of the family on its page, with what they were made from in `results/`.

    python -m experiments.family
    python docs/make_family.py runs

Each goes between two marks of `docs/family.md`: the whole table with what stands above it and the claims, and of the
others what is asked there. A table that has not been made stays as it is.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

from aelab.config import from_json
from aelab.errors import DataError
from aelab.report import tables
from aelab.runs.strict import strict
from experiments import family

ROOT = Path(__file__).parents[1]
MNIST = family.Config().data
TOTAL = "total correlation"
PAGE = ROOT / "docs" / "family.md"


class Kept(NamedTuple):
    """A table on the page: which it is of those that were made, its marks, and what stands between them."""

    settings: dict[str, Any]
    marks: tuple[str, str]
    text: Callable[[dict], str]

    def is_of(self, table: dict) -> bool:
        """Whether this is that table."""
        return self.settings.items() <= table["config"].items()


def whole(stored: dict) -> str:
    """All columns, what stands above them, and the claims."""
    config, real = from_json(family.Config, stored["config"]), stored["baselines"][0]
    parts = [family.head(config, real), family.table(config, stored["rows"], [real])]
    return "\n\n".join([*parts, claims(stored)])


def claims(stored: dict) -> str:
    """What papers say of members, each confirmed or not."""
    return "\n".join(family.claims(stored["rows"], stored["baselines"][0]["leads"]))


def independence(stored: dict) -> str:
    """How independent the numbers of codes are and what that costs, and the claims."""
    return chosen(stored, {"−ELBO": ("elbo", -1), "distortion": ("distortion", 1), TOTAL: ("total_correlation", 1)})


def bounds(stored: dict) -> str:
    """The bounds and what samples are like, and the claims."""
    return chosen(stored, {"−ELBO": ("elbo", -1), "−L_1000": ("l_k", -1), "Fréchet distance": ("frechet", 1)})


def chosen(stored: dict, columns: Mapping[str, tuple[str, int]]) -> str:
    """Some columns, each a score and the sign it gets, and the claims."""
    lines = []
    for name, own in tables.grouped(stored["rows"], itemgetter("member")).items():
        cells = ([sign * row[score] for row in own if row[score] is not None] for score, sign in columns.values())
        lines.append([name, *(tables.spread(cell, 2) for cell in cells)])
    return tables.markdown(("member", *columns), lines) + "\n\n" + claims(stored)


KEPT = {
    "family": Kept({"data": MNIST, "epochs": 3}, ("<!-- measured -->", "<!-- end -->"), whole),
    "family-longer": Kept({"data": MNIST, "epochs": 20}, ("<!-- longer -->", "<!-- end of longer -->"), bounds),
    "family-sprites": Kept({"data": "npz:sprites.npz"}, ("<!-- sprites -->", "<!-- end of sprites -->"), independence),
}


def main(runs: Path) -> None:
    """
    Raises:
        DataError: no table has been made, or two of a kind.
    """
    found = [json.loads(path.read_text()) for path in sorted(runs.glob("family/*/table.json"))]
    made = {name: [table for table in found if kept.is_of(table)] for name, kept in KEPT.items()}
    if not any(made.values()) or any(len(own) > 1 for own in made.values()):
        raise DataError(
            f"{runs}: one table of the family of a kind is wanted, of {[k.settings for k in KEPT.values()]}"
        )
    page = PAGE.read_text()
    for name, own in made.items():
        for table in own:
            target = ROOT / "results" / f"{name}.json"
            target.write_text(strict(table, target, indent=1))
            page = placed(page, KEPT[name], table)
    PAGE.write_text(page)


def placed(page: str, kept: Kept, table: dict) -> str:
    """The page with a table between its marks."""
    start, end = kept.marks
    text = f"{start}\n\n{kept.text(table)}\n\n{end}"
    return re.sub(f"{start}.*{end}", lambda _: text, page, flags=re.DOTALL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
