"""`aelab doctor`: what is here to train with, and what would help where something is amiss."""

import json
from dataclasses import dataclass
from pathlib import Path

from aelab.cli.fields import Switch
from aelab.cli.finding import Finding


@dataclass(frozen=True)
class Doctor:
    """Say what is here: packages, devices, memory, flags, compiled programs, data, folders; a line each.

    A line begins with ok, with note where something could be better, or with wrong where it has to be mended. The exit
    code is 0 where nothing is wrong, else that of a run that meets the first thing that is.
    """

    runs_dir: Path = Path("runs")  # the folder that runs are to go to
    json: Switch = False  # one JSON object

    def run(self) -> int:
        found = findings(self.runs_dir)
        wrong = [each for each in found if each.state == "wrong"]
        if self.json:
            print(json.dumps({"usable": not wrong, "findings": [each._asdict() for each in found]}))
        else:
            print("\n".join(each.line for each in found))
        return wrong[0].code if wrong else 0


def findings(runs_dir: Path) -> list[Finding]:
    """All that there is to say, in the order in which a run meets it."""
    from aelab.cli import this_machine, this_storage

    packages = this_machine.packages()
    if packages.state == "wrong":  # nothing else can be asked
        return [this_machine.python(), packages]
    return [this_machine.python(), packages, *this_machine.findings(), *this_storage.findings(runs_dir)]
