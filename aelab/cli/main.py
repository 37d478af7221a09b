"""The verbs of `aelab`: what to do with runs that exist, and with data."""

import sys
import warnings
from collections.abc import Sequence

from aelab.cli import data, menu
from aelab.cli.apply import Apply
from aelab.cli.audit import Reproduce, Verify
from aelab.cli.compare import Compare
from aelab.cli.evaluate import Eval
from aelab.cli.features import Features
from aelab.cli.info import Info
from aelab.cli.launch import Launch, launch
from aelab.cli.report import Report
from aelab.cli.sweep import Sweep
from aelab.cli.train import Train, train
from aelab.config import flags
from aelab.errors import AelabError

DATA = menu.Menu(data.__doc__, {"info": data.Info, "prepare": data.Prepare, "convert": data.Convert})
RUNS = {
    "info": Info,
    "report": Report,
    "compare": Compare,
    "eval": Eval,
    "features": Features,
    "verify": Verify,
    "reproduce": Reproduce,
    "apply": Apply,
    "train": Train,
    "launch": Launch,
    "sweep": Sweep,
}
VERBS = menu.Menu(__doc__, {**RUNS, "data": DATA})


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; gives the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words[:1] == ["train"] and words[1:2] and words[1][:1] != "-":
            return train(words[1], words[2:])  # whose flags are those of the script
        if words[:1] == ["launch"] and "--" in words:
            at = words.index("--")
            return launch(flags.parse(Launch, words[1:at], prog="aelab launch"), words[at + 1 :])
        with warnings.catch_warnings():
            warnings.showwarning = _say  # ty: ignore[invalid-assignment]
            menu.parse(VERBS, words, prog="aelab").run()
        return 0
    except AelabError as error:
        flags.fail(error)
        return error.code
    except KeyboardInterrupt:
        flags.fail("interrupted")
        return 130


def _say(message: object, *_: object) -> None:
    """A warning as one line on stderr, without the place in the code that it comes from."""
    print(f"warning: {message}", file=sys.stderr)
