"""Groups of numbers one by one, each against something it must agree with."""

import json
import math

import jax
import numpy as np
import pytest

from aelab.data.normalise import normalised
from aelab.evaluation.layers import parameter_count
from aelab.experiment.scores import Score
from aelab.likelihoods import Bernoulli, GreyLevels, Normal
from aelab.measures import calibration, cost, factors, likelihood, own
from aelab.measures.evaluate import finite
from aelab.measures.measure import Measured, Undefined
from aelab.measures.progress import Watched
from aelab.measures.subject import Asked, read


@pytest.fixture
def subject(finished):
    return read(finished, Asked(samples=0))


def by_name(found):
    return {each.name: each for each in found}


def of_each(model, params, key, batch):
    return batch.targets.reshape(len(batch.targets), -1).max(1)


def of_source(model, params, key, source):
    return float(source.get_batch(np.arange(len(source)))["x"].mean())


def test_scores_of_the_experiment_have_errors(subject, monkeypatch):
    scores = (Score("brightest", compute=of_each), Score("brightness", compute=of_source, over="source"))
    monkeypatch.setattr(subject, "experiment", subject.experiment._replace(scores=scores))
    found, source = by_name(own.measure(subject)), subject.source
    stored = source.get_batch(np.arange(len(source)))["x"]
    largest = normalised({"x": stored}, source.spec).reshape(len(stored), -1).max(1)
    assert found["brightest"].value == pytest.approx(largest.mean(), rel=1e-6)
    assert found["brightness"].value == pytest.approx(stored.mean())
    means = stored.reshape(len(stored), -1).mean(1)
    assert found["brightness"].error == pytest.approx(means.std() / math.sqrt(len(means)), rel=0.7)


def test_factors_that_are_the_code_are_told(subject, monkeypatch):
    """The factors are the signs of the first two numbers of the code itself."""
    plain, model, params = subject.source, subject.model, subject.params

    class Known:
        spec, fingerprint = plain.spec, plain.fingerprint

        def __len__(self):
            return len(plain)

        def get_batch(self, indices):
            batch = plain.get_batch(indices)
            z = np.asarray(model.encode(params, normalised(batch, plain.spec)).mode)[:, :2]
            return {**batch, "factors": (z > np.median(z, 0)).astype(np.int32)}

    monkeypatch.setattr(subject, "splits", subject.splits._replace(test=Known()))
    found = by_name(factors.measure(subject))
    assert set(found) == set(factors.NAMES)
    assert found["dci_informativeness"].value > 0.8
    monkeypatch.setattr(subject, "splits", subject.splits._replace(test=plain))
    assert {type(each) for each in factors.measure(subject)} == {Undefined}


def test_cost_counts_parameters_and_products(subject):
    found = by_name(cost.measure(subject))
    assert found["parameters"].value == parameter_count(subject.params["model"])
    weights = sum(leaf.size for leaf in jax.tree.leaves(subject.params["model"]["encoder"]) if leaf.ndim == 2)
    assert found["encode_flops"].value > 2 * weights
    assert found["encode_latency"].value > 0


def test_l_k_is_left_out_where_there_are_no_draws(subject):
    assert set(by_name(likelihood.measure(subject))) == {"elbo", "distortion", "rate", "bits_per_dim"}


def test_bits_say_what_they_are_bits_of(subject):
    spec = subject.splits.spec
    assert "stored levels" in likelihood.dequantisation(GreyLevels(17), spec)
    assert "stored levels" in likelihood.dequantisation(Bernoulli(), spec)
    assert f"add log2(16) = {math.log2(16):.2f}" in likelihood.dequantisation(Normal(1.0), spec)
    assert "as the model sees" in likelihood.dequantisation(Normal(1.0), spec._replace(scale=(2.0, 3.0)))


def test_calibration_is_of_normal_likelihoods(subject):
    assert {each.name: type(each) for each in calibration.measure(subject)}["calibration_error"] is Undefined


def test_a_number_that_is_none_is_undefined(subject):
    each = by_name(likelihood.measure(subject))["elbo"]
    assert finite(each) is each
    assert isinstance(finite(each._replace(value=math.inf)), Undefined)
    assert isinstance(each, Measured)


def test_progress_says_what_is_left(subject, monkeypatch, capsys):
    clock = iter([0.0, 1.0, 10.0])
    monkeypatch.setattr("aelab.measures.progress.time.monotonic", lambda: next(clock))
    source = Watched(subject.source, "L_9")
    source.get_batch(np.arange(0, 90))
    assert len(source.get_batch(np.arange(90, 180))["x"]) == 90
    assert capsys.readouterr().err == "L_9: 90 of 180 examples, 10 s left\n"


def test_json_is_read_back_as_it_was(subject):
    from aelab.measures.measure import as_json, from_json

    each = by_name(likelihood.measure(subject))["rate"]
    for error in (0.5, math.nan):
        back = from_json(json.loads(json.dumps(as_json(each._replace(error=error)))))
        assert repr(back) == repr(each._replace(error=error))
