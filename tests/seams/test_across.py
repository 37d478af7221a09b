"""A loss that looks across the batch: the total correlation of β-TCVAE, estimated by minibatch-stratified sampling.

Chen et al. 2018, arXiv:1802.04942, eq. 4 and appendix C.2. It needs the codes of all rows of the batch, on whatever
device they are, and the size of the training set.
"""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats
from everywhere import ACROSS, assert_same, mostly_long, trainer_of
from small import small_model

import aelab
from aelab import data, latents, objectives, priors
from aelab.config import Config as Shared
from aelab.config import ElboOptions
from aelab.data.source import Spec
from aelab.errors import ConfigError
from aelab.experiment import Experiment, optimizer
from aelab.runner import launch
from aelab.seeds import Purpose

DIM, EXAMPLES = 3, 1437  # training images of the digits


@dataclasses.dataclass(frozen=True)
class Config(ElboOptions, Shared):
    beta: float = 6.0  # weight of the total correlation


CONFIG = Config(data="digits", latent_dim=DIM, batch_size=36, optimizer="sgd", lr=0.01, epochs=1)


def build(config, spec):
    model = small_model(spec.shape, latents.Gaussian(DIM), priors.standard_normal(DIM))
    return Experiment(model, objectives.menu["beta_tc"](config, spec), optimizer(config))


@pytest.mark.parametrize("way", mostly_long(ACROSS, "batched"))
def test_every_row_sees_the_whole_batch_everywhere(way):
    assert_same(CONFIG, build, way)


def by_hand(mean, scale, z, examples):
    """log q(z) and Σ_d log q(z_d) of each row by SciPy, one after the other."""
    found, most = [], len(mean) - 1
    for row, code in enumerate(z):
        log_q = scipy.stats.norm.logpdf(code, mean, scale)  # [other row, code number]
        share = np.full(len(mean), 1 / most)
        share[(row + 1) % len(mean)] = (examples - most) / (examples * most)
        share[row] = 1 / examples
        np.testing.assert_allclose(share.sum(), 1)
        joint = scipy.special.logsumexp(log_q.sum(1), b=share)
        product = scipy.special.logsumexp(log_q, axis=0, b=share[:, None]).sum()
        found.append((joint, product))
    return np.array(found).T


@pytest.mark.parametrize("rows", [36, 30])
def test_the_estimate_is_that_of_the_paper(rows):
    """Against SciPy, also where rows of weight 0 follow."""
    trainer = trainer_of(CONFIG, build)
    params, batch = trainer.fresh().params, trainer.batch(0)
    batch = batch._replace(weight=jnp.float32(np.arange(36) < rows))
    key = jax.random.key(3)
    loss = trainer.experiment.losses()["model"](params, key, batch, step=0, hyper=trainer.hyper, extra={})
    q = trainer.experiment.model.encode(params, batch.inputs[:rows])
    z = np.asarray(q.sample(key, batch.index[:rows]), np.float64)
    scale = np.exp(0.5 * np.asarray(q.log_variance, np.float64))
    joint, product = by_hand(np.asarray(q.mean, np.float64), scale, z, EXAMPLES)
    np.testing.assert_allclose(loss.terms["total_correlation"][:rows], joint - product, rtol=1e-4, atol=1e-4)
    own = scipy.stats.norm.logpdf(z, q.mean, scale).sum(1)
    np.testing.assert_allclose(loss.terms["information"][:rows], own - joint, rtol=1e-4, atol=1e-4)
    rest = product - scipy.stats.norm.logpdf(z).sum(1)
    np.testing.assert_allclose(loss.terms["dimension_wise"][:rows], rest, rtol=1e-4, atol=1e-4)


def test_validation_is_of_batches_of_the_runs_own_size():
    """The mean over batches of 40 of the validation set, the last of them short, each with its own estimate."""
    trainer = trainer_of(dataclasses.replace(CONFIG, batch_size=40), build)
    state = trainer.fresh()
    assert trainer.validate is not None
    found = trainer.validate(state)
    sizes = [(len(batch.inputs), real) for batch, real in trainer.recipe.validation()]
    count = len(trainer.splits.validation)
    assert sizes == [(40, 40)] * (count // 40) + [(40, count % 40)]
    model, totals = trainer.experiment.model, []
    for batch, real in trainer.recipe.validation():
        code = model.encode(state.params, batch.inputs[:real])
        z = np.asarray(code.sample(trainer.key(Purpose.EVALUATE), batch.index[:real]), np.float64)
        scale = np.exp(0.5 * np.asarray(code.log_variance, np.float64))
        joint, product = by_hand(np.asarray(code.mean, np.float64), scale, z, EXAMPLES)
        totals += list(joint - product)
    np.testing.assert_allclose(found["total_correlation"], np.mean(totals), rtol=1e-4)


def test_parts_of_a_batch_are_refused():
    with pytest.raises(ConfigError, match=r"^--accumulate: .*whole batch.*leave it at 1$"):
        launch.prepare(dataclasses.replace(CONFIG, accumulate=4), build)


def test_an_experiment_is_built_on_the_size_of_the_training_set():
    seen = []
    launch.prepare(CONFIG, lambda config, spec: seen.append(spec) or build(config, spec))
    assert [spec.examples for spec in seen] == [EXAMPLES]
    assert data.load("digits", classes=(0, 1)).spec.examples < EXAMPLES / 4
    assert Spec((1,), "uint8", "unit").examples == 0


def test_the_size_stands_in_no_manifest_twice_and_comes_back_with_the_run(finished):
    """So the manifests of older runs are those of newer ones, and their runs know the size too."""
    made = json.loads((finished / "manifest.json").read_text())["data"]
    assert "examples" not in made["spec"]
    assert aelab.restore(finished).spec.examples == made["splits"]["train"]["examples"] == EXAMPLES
