"""The run of `make train` learns what it should: its code carries information, its samples are of all kinds."""

import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import aelab
from aelab import data
from aelab.evaluation.generation import generate
from aelab.runner import launch
from aelab.seeds import Purpose, key_for
from experiments import vae


@pytest.mark.long
def test_samples_of_the_default_vae_cover_the_classes(tmp_path):
    assert launch.main(vae.Config, vae.build, ["--runs-dir", str(tmp_path)]) == 0
    (path,) = tmp_path.glob("vae/*")
    assert json.loads((path / "summary.json").read_text())["scores"]["test/rate"] > 5
    model, params, config = aelab.load(path)
    splits = data.load(config.data)
    train, test = (part.get_batch(np.arange(len(part))) for part in (splits.train, splits.test))
    classifier = LogisticRegression(max_iter=2000)
    classifier.fit(train["x"].reshape(len(train["x"]), -1) / 255, train["label"])
    assert classifier.score(test["x"].reshape(len(test["x"]), -1) / 255, test["label"]) > 0.8
    events, _ = generate(model, params, key_for(1, Purpose.GENERATE), jnp.arange(1000))
    found = np.bincount(classifier.predict(np.asarray(events).reshape(1000, -1)), minlength=10)
    print("prior samples by class:", found)
    assert (found >= 10).sum() >= 8  # a class counts from one sample in a hundred
    assert jax.tree.all(jax.tree.map(lambda leaf: bool(jnp.isfinite(leaf).all()), params))
