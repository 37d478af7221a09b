"""Types that fields of several verbs have: how each is written on the command line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

Switch = Annotated[bool, tyro.conf.FlagCreatePairsOff]  # `--json`, and no `--no-json`
OptionalPath = Annotated[Path | None, tyro.conf.DisallowNone]
OptionalText = Annotated[str | None, tyro.conf.DisallowNone]
RunPath = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
RunPaths = Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN [RUN ...]")]
RunPathsOrNone = Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[RUN ...]")]


@dataclass(frozen=True, kw_only=True)
class Trusting:
    """What verbs that read runs do about scripts that are no part of aelab."""

    trust: Switch = False  # import a script of your own that made a run; aelab's own need no such word
    script: OptionalPath = None  # import this file as the script that made the run, wherever it was before

    @property
    def trusted(self) -> bool | Path:
        """What `aelab.load` takes as `trust`."""
        return self.script or self.trust
