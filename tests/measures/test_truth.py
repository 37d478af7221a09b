"""log p(x) from both sides: undefined where codes are points, and bounds in their order."""

import pytest

from aelab.measures import truth
from aelab.measures.measure import Undefined
from aelab.measures.subject import Asked, read
from aelab.model import Autoencoder


def test_a_model_without_a_prior_has_no_log_p(finished, monkeypatch):
    subject = read(finished, Asked(truth=4))
    parts = subject.model.parts._asdict() | {"prior": None}
    monkeypatch.setattr(subject, "experiment", subject.experiment._replace(model=Autoencoder(**parts)))
    found = truth.measure(subject)
    assert [each.name for each in found] == list(truth.NAMES)
    assert all(isinstance(each, Undefined) and "prior" in each.why for each in found)


def test_it_can_be_left_out(finished):
    assert truth.measure(read(finished, Asked(truth=0))) == []


@pytest.mark.long
def test_the_gap_of_the_encoder_has_two_parts(finished):
    found = {each.name: each for each in truth.measure(read(finished, Asked(truth=20, samples=50)))}
    parts = [found[f"{name}_gap"] for name in ("approximation", "amortisation")]
    assert sum(each.value for each in parts) == pytest.approx(found["inference_gap"].value, rel=1e-6)
    assert all(each.value > -3 * each.error for each in (*parts, found["sandwich"]))
    assert {each.n for each in found.values()} == {20}
