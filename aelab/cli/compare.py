"""`aelab compare`: which settings are better, and how sure that is."""

from dataclasses import dataclass

from aelab.cli.fields import OptionalPath, RunPaths, Switch


@dataclass(frozen=True)
class Compare:
    """Rank runs, or the runs of a sweep: mean, standard deviation and 95 % interval over seeds.

    Differences are taken between pairs of runs of one seed. A sweep also gets figures and report.html; other runs do
    with --output FOLDER.
    """

    paths: RunPaths  # run folders, or the folder of a sweep
    score: str = ""  # what to rank by; empty is test/elbo, or test/distortion where runs have no ELBO
    csv: Switch = False  # a line an entry, numbers in full
    json: Switch = False  # one line of JSON
    output: OptionalPath = None  # folder for figures and report.html

    def run(self) -> None:
        from aelab.compare import comparison

        comparison.compare(self.paths, self.score, as_json=self.json, as_csv=self.csv, output=self.output)
