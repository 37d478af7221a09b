"""Fine-tuning learns and leaves the parameters it starts from alone; the lowest error tells the class."""

import jax
import numpy as np
import pytest

from aelab import data
from aelab.config import tiny
from aelab.evaluation.finetune import Classifier, labelled, squared_errors, with_and_without
from aelab.evaluation.probes import nearest, probe
from aelab.evaluation.scores import flat_codes
from aelab.seeds import Purpose, key_for
from experiments import autoencoder, classify
from experiments.common import class_errors, readings

SPLITS = data.load("digits")
SETS = {
    name: labelled(source, "digits")
    for name, source in (("train", SPLITS.train), ("validation", SPLITS.validation), ("test", SPLITS.test))
}


def model_and_params():
    model = autoencoder.build(tiny(autoencoder.Config()), SPLITS.spec).model
    return model, jax.jit(model.init)(jax.random.key(0), SETS["train"].x[:1])


def test_fine_tuning_learns_and_leaves_its_start_alone():
    model, params = model_and_params()
    before = jax.tree.map(np.array, params)
    classifier = Classifier(model, 10, lr=1e-2)
    weights = classifier.train(params, SETS["train"], SETS["validation"], steps=300, seed=0)
    assert classifier.accuracy(weights, SETS["test"]) > 0.7  # one in ten by chance
    jax.tree.map(np.testing.assert_array_equal, before, params)


def test_the_network_from_scratch_starts_as_its_seed_did():
    model, _ = model_and_params()
    start = jax.jit(model.init)(key_for(3, Purpose.INIT), SETS["train"].x[:1])
    tuned, scratch = with_and_without(model, start, 3, SETS, 10, counts=[100], draws=1, steps=10)
    other, _ = with_and_without(model, jax.tree.map(np.zeros_like, start), 3, SETS, 10, counts=[100], draws=1, steps=10)
    assert tuned == scratch != other


def test_flat_codes_are_those_of_the_encoder():
    model, params = model_and_params()
    z = jax.jit(model.encode)(params, SETS["validation"].x).mode
    np.testing.assert_allclose(flat_codes(model, params, SPLITS.validation), z, rtol=1e-5, atol=1e-6)


def test_squared_errors_are_those_of_the_reconstruction():
    model, params = model_and_params()
    x = SETS["test"].x[:7]
    rebuilt = np.asarray(jax.jit(model.reconstruct)(params, x))
    np.testing.assert_allclose(squared_errors(model, params)(x), np.square(x - rebuilt).sum((1, 2, 3)), rtol=1e-5)


@pytest.mark.ci
def test_of_an_autoencoder_a_class_the_lowest_error_wins(tmp_path):
    config = classify.Config(
        data="digits", widths=(32,), latent_dim=4, class_epochs=5, batch_size=16, lr=1e-2, seeds=(0,), runs_dir=tmp_path
    )
    two = {name: type(own)(own.x[own.label < 2], own.label[own.label < 2]) for name, own in SETS.items()}
    counts = {i: int((two["train"].label == i).sum()) for i in range(2)}
    (row,) = class_errors.rows("experiments.classify", config, two["test"], counts, config.class_epochs)
    assert row["all"][0] > 90
    assert len(row["runs"]) == 2


def row(features, right, seed=0, hits=(), classifier="probe", **own):
    return {"features": features, "classifier": classifier, "all": [right], "seed": seed, "hits": np.array(hits), **own}


def test_the_best_on_validation_is_held_against_the_best_rival_there_event_by_event():
    ours = [
        row("vae", 99.0, 0, [1, 1, 1, 1], validation=90.0),
        row("vae", 99.0, 1, [1, 1, 1, 1], validation=94.0),
        row("masking", 50.0, 0, [1, 1, 0, 0], validation=93.0),
        row("masking", 75.0, 1, [1, 0, 1, 1], validation=93.5),
    ]
    rivals = [row("pixels", 25.0, 0, [0, 0, 1, 0], validation=80.0), row("PCA", 100.0, 0, [1] * 4, validation=70.0)]
    (lead,) = readings.leads(ours, rivals)
    assert (lead["ours"], lead["rival"]) == ("masking", "pixels")
    assert lead["lead"][0] == 100 * np.mean([1.0, 0.5, -0.5, 0.5])
    assert lead["lead"][1] < lead["lead"][0] < lead["lead"][2]
    chosen, aim = classify.verdict(ours, [lead])
    assert "masking is chosen on validation (of vae 92.0 %, masking 93.2 %)" in chosen
    assert "Against pixels, the strongest rival there: +37.50 points" in chosen
    assert "62.50 ± 17.68 % right; 95 were asked for: missed" in aim


def test_rows_read_test_codes_once_everything_else_is_known():
    own = readings.Features(
        "code", SETS["train"].x.reshape(len(SETS["train"].x), -1), None, lambda test: test, {"seed": 3}
    )
    test = SETS["test"].x.reshape(len(SETS["test"].x), -1)
    found = readings.rows(own, {"probe": 1.0, "kNN": 2.0}, SETS, test, classify.Config(labels=(), draws=1))
    assert [(one["classifier"], one["validation"], one["seed"]) for one in found] == [
        ("probe", 1.0, 3),
        ("kNN", 2.0, 3),
    ]
    for one, predict in zip(found, (probe, nearest), strict=True):
        guess = predict(own.train, SETS["train"].label, test)
        assert one["all"] == [pytest.approx(100 * (guess == SETS["test"].label).mean())]
        np.testing.assert_array_equal(one["hits"], guess == SETS["test"].label)
