"""`aelab verify` and `aelab reproduce`: whether a run is what it says."""

from dataclasses import dataclass
from typing import Annotated

import tyro

from aelab.cli.fields import OptionalPath, RunPath, RunPaths, Switch, Trusting
from aelab.config import Count


@dataclass(frozen=True)
class Verify(Trusting):
    """Check config, data, every array of every checkpoint and the scores of runs; 5 is the exit code for damage."""

    paths: RunPaths  # run folders
    json: Switch = False  # one JSON object a line, with the digests restored

    def run(self) -> None:
        from aelab.audit import verify

        for path in self.paths:
            verify.print_verdict(path, as_json=self.json, trust=self.trusted)


@dataclass(frozen=True)
class Reproduce(Trusting):
    """Train a run again in a fresh folder and compare its digests; 6 is the exit code for other results."""

    path: RunPath  # a run folder or a manifest.json
    steps: Annotated[Count | None, tyro.conf.DisallowNone] = None  # compare so many steps from the first on, not all
    into: OptionalPath = None  # folder for the new run, kept; else it is removed
    json: Switch = False  # one JSON object

    def run(self) -> None:
        from aelab.audit import reproduce

        reproduce.print_outcome(self.path, self.steps or 0, into=self.into, as_json=self.json, trust=self.trusted)
