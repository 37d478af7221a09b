"""The verbs of `aelab`: what to do with runs that exist, and with data."""

import sys
from collections.abc import Sequence

from aelab.cli import data, menu
from aelab.cli.apply import Apply
from aelab.cli.audit import Reproduce, Verify
from aelab.cli.compare import Compare
from aelab.cli.info import Info
from aelab.cli.report import Report
from aelab.config import flags
from aelab.errors import AelabError

DATA = menu.Menu(data.__doc__, {"info": data.Info, "prepare": data.Prepare, "convert": data.Convert})
RUNS = {
    "info": Info,
    "report": Report,
    "compare": Compare,
    "verify": Verify,
    "reproduce": Reproduce,
    "apply": Apply,
}
VERBS = menu.Menu(__doc__, {**RUNS, "data": DATA})


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; gives the exit code."""
    try:
        menu.parse(VERBS, sys.argv[1:] if argv is None else argv, prog="aelab").run()
        return 0
    except AelabError as error:
        flags.fail(error)
        return error.code
