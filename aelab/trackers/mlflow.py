"""MLflow, at the place that MLFLOW_TRACKING_URI names (mlflow.org); without it, in files of the working folder."""

import importlib
from collections.abc import Mapping
from pathlib import Path

from aelab.trackers.protocol import PROJECT, About

TAG = "aelab.identity"
LONGEST = 500  # letters of a parameter


class MLflow:
    """A run of MLflow's that carries the identity of ours as a tag, by which it is found again."""

    def __init__(self, about: About):
        self._client = importlib.import_module("mlflow.tracking").MlflowClient()  # an extra of the package
        known = self._client.get_experiment_by_name(PROJECT)
        experiment = known.experiment_id if known else self._client.create_experiment(PROJECT)
        found = self._client.search_runs([experiment], f"tags.`{TAG}` = '{about.identity}'", max_results=1)
        if found:
            self._id = found[0].info.run_id
            self._client.update_run(self._id, status="RUNNING")
            return
        self._id = self._client.create_run(experiment, tags={TAG: about.identity}, run_name=about.name).info.run_id
        for name, value in about.settings.items():
            self._client.log_param(self._id, name, str(value)[:LONGEST])

    def row(self, values: Mapping[str, float], step: int) -> None:
        for name, value in values.items():
            self._client.log_metric(self._id, name, value, step=step)

    def end(self, scores: Mapping[str, float], pictures: Mapping[str, Path]) -> None:
        for name, value in scores.items():
            self._client.log_metric(self._id, name, value)
        for path in pictures.values():
            self._client.log_artifact(self._id, str(path), "figures")
        self._client.set_terminated(self._id)

    def close(self) -> None:
        """Nothing: what was logged is there. A run without scores stays under way, to be gone on with."""
