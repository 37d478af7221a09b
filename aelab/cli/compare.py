"""`aelab compare`: which settings are better, and how sure that is."""

from dataclasses import dataclass

from aelab.cli.fields import OptionalPath, RunPaths, Switch, Trusting
from aelab.errors import ConfigError


@dataclass(frozen=True)
class Compare(Trusting):
    """Rank runs, those below a folder, or those of a sweep: mean, standard deviation and 95 % interval over seeds.

    Differences are taken between pairs of runs of one seed. A sweep also gets figures and report.html; other runs do
    with --output FOLDER.
    """

    paths: RunPaths  # run folders, folders of them, or the folder of a sweep
    score: str = ""  # what to rank by, as a column or a summary names it; empty is test/elbo, else test/distortion
    markdown: Switch = False  # a Markdown table
    csv: Switch = False  # a line an entry, numbers in full
    json: Switch = False  # one line of JSON
    output: OptionalPath = None  # folder for figures and report.html

    def run(self) -> None:
        from aelab.compare import comparison

        asked = [name for name in ("markdown", "csv", "json") if getattr(self, name)]
        if len(asked) > 1:
            raise ConfigError(f"--{asked[1]}: a table has one form; leave out --{asked[0]}, or --{asked[1]}")
        comparison.compare(self.paths, self.score, form=(*asked, "text")[0], output=self.output)
