"""Fine-tuning learns and leaves the parameters it starts from alone; the lowest error tells the class."""

import jax
import numpy as np
import pytest

from aelab import data
from aelab.config import tiny
from aelab.evaluation.finetune import Classifier, labelled, squared_errors, with_and_without
from aelab.evaluation.scores import flat_codes
from aelab.seeds import Purpose, key_for
from experiments import autoencoder, classify
from experiments.common import class_errors

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
        data="digits", widths=(32,), latent_dim=4, class_epochs=5, batch_size=16, lr=1e-2, runs_dir=tmp_path
    )
    two = {name: type(own)(own.x[own.label < 2], own.label[own.label < 2]) for name, own in SETS.items()}
    counts = {i: int((two["train"].label == i).sum()) for i in range(2)}
    row = class_errors.row("experiments.classify", config, two["test"], counts, config.class_epochs)
    assert row["all"][0] > 90
    assert len(row["runs"]) == 2


def test_the_verdict_names_what_validation_chose_and_the_lead_on_test():
    def row(features, right, **own):
        return {"features": features, "classifier": "probe", "all": [right], **own}

    rows = [row("vae", 93.0, seed=0, validation=92.5), row("masking", 92.0, seed=0, validation=94.0), row("PCA", 89.6)]
    best = classify.Best("masking", 94.0, {"seed": 0}, None, None, None)
    chosen, lead = classify.verdict(rows, best)
    assert "masking (of vae 92.5 %, masking 94.0 %)" in chosen
    assert "+2.4 points" in lead
    assert "missed" in lead
