"""The manifests of the page about clusters, against the types that Kubeflow Trainer and JobSet publish.

`make test-cluster` installs these types, the extra `aelab[clusters]`. Elsewhere the test is skipped.
"""

import re
from pathlib import Path

import pytest

types = pytest.importorskip("kubeflow_trainer_api.models", reason="make test-cluster installs it")
yaml = pytest.importorskip("yaml", reason="make test-cluster installs it")

PAGE = Path(__file__).parents[2] / "docs" / "clusters.md"
KINDS = {
    ("trainer.kubeflow.org/v1alpha1", "TrainJob"): "TrainerV1alpha1TrainJob",
    ("jobset.x-k8s.io/v1alpha2", "JobSet"): "JobsetV1alpha2JobSet",
}
MANIFESTS = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)]


@pytest.mark.long
def test_every_field_of_a_manifest_is_one_of_its_kind():
    """A field that a type does not have is missing from what it gives back; a value of another type is refused."""
    assert {(found["apiVersion"], found["kind"]) for found in MANIFESTS} == set(KINDS)
    for found in MANIFESTS:
        kind = getattr(types, KINDS[found["apiVersion"], found["kind"]])
        assert kind.from_dict(found).to_dict() == found


@pytest.mark.long
def test_a_name_that_is_misspelt_shows():
    (found,) = (manifest for manifest in MANIFESTS if manifest["kind"] == "JobSet")
    found["spec"]["replicatedJobs"][0]["template"]["spec"]["paralelism"] = 2
    assert types.JobsetV1alpha2JobSet.from_dict(found).to_dict() != found
