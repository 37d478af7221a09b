"""Fine-tuning learns and leaves the parameters it starts from alone; the lowest error tells the class."""

import jax
import numpy as np

from aelab import data
from aelab.config import tiny
from aelab.evaluation.finetune import Classifier, labelled, squared_errors
from experiments import autoencoder, classify

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


def test_squared_errors_are_those_of_the_reconstruction():
    model, params = model_and_params()
    x = SETS["test"].x[:7]
    rebuilt = np.asarray(jax.jit(model.reconstruct)(params, x))
    np.testing.assert_allclose(squared_errors(model, params)(x), np.square(x - rebuilt).sum((1, 2, 3)), rtol=1e-5)


def test_of_an_autoencoder_a_class_the_lowest_error_wins(tmp_path):
    config = classify.Config(data="digits", widths=(32,), latent_dim=4, class_epochs=40, lr=1e-2, runs_dir=tmp_path)
    two = {name: type(own)(own.x[own.label < 2], own.label[own.label < 2]) for name, own in SETS.items()}
    row = classify.by_class(config, two["test"], {i: int((two["train"].label == i).sum()) for i in range(2)})
    assert row["all"][0] > 90
    assert len(row["runs"]) == 2
