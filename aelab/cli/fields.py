"""Types that fields of several verbs have: how each is written on the command line."""

from pathlib import Path
from typing import Annotated

import tyro

Switch = Annotated[bool, tyro.conf.FlagCreatePairsOff]  # `--json`, and no `--no-json`
OptionalPath = Annotated[Path | None, tyro.conf.DisallowNone]
RunPath = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
RunPaths = Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="RUN [RUN ...]")]
RunPathsOrNone = Annotated[tuple[Path, ...], tyro.conf.Positional, tyro.conf.arg(metavar="[RUN ...]")]
