"""`aelab features`: which features of a sparse dictionary other seeds find too."""

from dataclasses import dataclass

from aelab.cli.fields import RunPaths, Switch, Trusting


@dataclass(frozen=True)
class Features(Trusting):
    """Match the features of sparse dictionaries one to one, by the cosine of their directions.

    Each pair of runs has the mean cosine of the best matching, 1 where both hold the same features. The last line says
    how many features of the first run have a partner in every other run.
    """

    paths: RunPaths  # runs of experiments.sparse on the same data
    least: float = 0.9  # cosine from which two directions are the same feature
    json: Switch = False  # one line of JSON

    def run(self) -> None:
        from aelab.compare import features

        features.compare(self.paths, least=self.least, as_json=self.json, trust=self.trusted)
