"""`aelab eval`: how good models are, a unit and an error with every number."""

from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from aelab.cli.fields import RunPaths, Switch, Trusting
from aelab.config import Natural, Seed
from aelab.errors import ConfigError


@dataclass(frozen=True)
class Eval(Trusting):
    """Say how good finished runs are, a unit and an error with every number; with --full by everything there is.

    Runs that differ in the seed alone share a column. What was measured is kept in eval/metrics.json of each run, is
    not measured again, and stands in report.html.
    """

    paths: RunPaths  # run folders
    full: Switch = False  # every group of numbers, not the quick ones alone
    split: Literal["test", "validation"] = "test"  # whose examples are measured
    against: str = ""  # another set, by its name or file: how well the model tells its events from those of its own
    samples: Natural = 100  # draws behind L_k, 0 leaves it out
    truth: Natural = 100  # --full: events whose log p(x) is bounded from both sides; 0 leaves it out
    seed: Annotated[Seed | None, tyro.conf.DisallowNone] = None  # of all draws; else that of each run
    json: Switch = False  # one JSON object a line and run
    markdown: Switch = False  # a Markdown table
    latex: Switch = False  # a LaTeX table that needs the package booktabs

    def run(self) -> None:
        from aelab import report
        from aelab.measures import written
        from aelab.measures.evaluate import evaluate
        from aelab.measures.subject import Asked
        from aelab.measures.table import table

        forms = [name for name in ("json", "markdown", "latex") if getattr(self, name)]
        if len(forms) > 1:
            raise ConfigError(f"--{forms[1]}: a table has one form; leave out --{forms[0]}, or --{forms[1]}")
        asked = Asked(self.split, self.samples, self.seed, self.full, self.truth, self.against)
        outcomes = []
        for path in self.paths:
            outcomes.append(evaluate(path, asked, trust=self.trusted))
            report.write(path)
        if self.json:
            print(written.as_lines(outcomes))
        else:
            form = written.markdown if self.markdown else written.latex if self.latex else written.terminal
            print(form(table(outcomes)))
