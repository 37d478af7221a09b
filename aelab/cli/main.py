"""The command `aelab`: train autoencoders, use the runs that exist, look at data."""

import os
import signal
import sys
import warnings
from collections.abc import Sequence
from typing import Any

import aelab
from aelab.cli import data, menu
from aelab.cli.apply import Apply
from aelab.cli.audit import Reproduce, Verify
from aelab.cli.compare import Compare
from aelab.cli.completion import Completion
from aelab.cli.doctor import Doctor
from aelab.cli.evaluate import Eval
from aelab.cli.explore import Explore
from aelab.cli.export import Export
from aelab.cli.features import Features
from aelab.cli.info import Info
from aelab.cli.launch import Launch
from aelab.cli.report import Report
from aelab.cli.sweep import Sweep
from aelab.cli.train import Task, Train
from aelab.config import flags
from aelab.errors import AelabError

DATA = menu.Menu(data.__doc__, {"Verbs": {"info": data.Info, "prepare": data.Prepare, "convert": data.Convert}})
STARTING = {"train": Train, "task": Task, "sweep": Sweep, "launch": Launch}  # what goes on by a command of its own
READING = {"info": Info, "eval": Eval, "compare": Compare, "report": Report, "features": Features}
USING = {"apply": Apply, "explore": Explore, "export": Export}
CHECKING = {"verify": Verify, "reproduce": Reproduce}
GROUPS: dict[str, dict[str, Any]] = {
    "Train": STARTING,
    "Look at runs": READING,
    "Use runs": USING,
    "Check runs": CHECKING,
    "Data": {"data": DATA},
    "This machine": {"doctor": Doctor, "completion": Completion},
}
VERBS = menu.Menu(__doc__, GROUPS)
RUNS = {name: verb for name, verb in VERBS.verbs.items() if verb is not DATA}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb; gives the exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["--version"]:
        print(f"aelab {aelab.__version__}")
        return 0
    try:
        verb = menu.parse(VERBS, words, prog="aelab")
        if isinstance(verb, Completion):
            print(verb.script(VERBS))
        if words[0] in STARTING:  # its warnings are its own
            return verb.run() or 0
        with warnings.catch_warnings():
            warnings.showwarning = _say  # ty: ignore[invalid-assignment]
            return verb.run() or 0
    except AelabError as error:
        flags.fail(error)
        return error.code
    except KeyboardInterrupt:
        flags.fail("interrupted")
        return 130
    except BrokenPipeError:  # who reads has seen enough, as head has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python says so again at its end
        return 128 + signal.SIGPIPE


def _say(message: object, *_: object) -> None:
    """A warning as one line on stderr, without the place in the code that it comes from."""
    print(f"warning: {message}", file=sys.stderr)
