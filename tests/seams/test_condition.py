"""A condition with a source of its own, for encoder, decoder and prior, wherever a run trains; and a prior with a view.

What is new about them: labels and side arrays reach a training batch, and a prior may encode through the model.
"""

from dataclasses import replace

import jax
import numpy as np
import pytest
from everywhere import WAYS, assert_same, mostly_long, trainer_of
from small import small_model

from aelab import latents, objectives, priors
from aelab.config import Config
from aelab.evaluation.bounds import importance_bound
from aelab.experiment import Experiment, optimizer
from experiments import vae

TINY = {"data": "digits", "widths": (8,), "latent_dim": 3, "batch_size": 36, "epochs": 1}
PLAIN = {"optimizer": "sgd", "lr": 1e-3}
LABEL = vae.Config(**TINY, **PLAIN, condition="label", prior="conditional")
VAMP = Config(**TINY, **PLAIN)


def vamp(config, spec):
    """A VAE with the prior of Tomczak and Welling."""
    model = small_model(spec.shape, latents.Gaussian(3), priors.Vamp(4, spec.shape))
    return Experiment(model, objectives.elbo, optimizer(config))


@pytest.mark.parametrize("way", mostly_long(WAYS))
def test_a_condition_for_every_part_is_the_same_everywhere(way):
    assert_same(LABEL, vae.build, way)


@pytest.mark.parametrize("way", mostly_long(WAYS))
def test_a_prior_with_a_view_is_the_same_everywhere(way):
    assert_same(VAMP, vamp, way)


@pytest.mark.parametrize("resident_mib", [2048, 0], ids=["resident", "streamed"])
def test_each_row_of_a_training_batch_has_the_condition_of_its_event(resident_mib):
    trainer = trainer_of(replace(LABEL, resident_mib=resident_mib), vae.build)
    for step in (0, 1, trainer.feed.steps_per_epoch - 1):
        batch, examples = trainer.batch(step), trainer.examples(step)
        stored = trainer.splits.train.get_batch(examples)
        np.testing.assert_array_equal(batch.condition.argmax(1), stored["label"])
        np.testing.assert_allclose(batch.inputs, stored["x"] / 16, rtol=1e-6)


@pytest.mark.parametrize("door", ["encode", "prior", "decode"])
def test_the_condition_moves_what_each_door_gives_and_its_gradient(door):
    trainer = trainer_of(LABEL, vae.build)
    params, batch = trainer.fresh().params, trainer.batch(0)
    rng = np.random.default_rng(0)
    params = jax.tree.map(lambda leaf: leaf + rng.normal(0, 0.1, leaf.shape).astype("f4"), params)
    model = trainer.experiment.model

    def given(params, condition):
        if door == "encode":
            return model.encode(params, batch.inputs, condition=condition).mean
        if door == "prior":
            return model.prior(params, condition=condition).mean
        return model.decode(params, np.zeros((len(batch.inputs), 3), "f4"), condition=condition).mean

    one, other = (np.asarray(given(params, condition)) for condition in (batch.condition, batch.condition[::-1]))
    assert (np.abs(one - other) > 1e-5).any()


def test_l_k_of_a_prior_with_a_view_is_the_log_of_the_mean_weight():
    trainer = trainer_of(VAMP, vamp)
    params, batch, model, key = trainer.fresh().params, trainer.batch(0), trainer.experiment.model, jax.random.key(1)

    @jax.jit
    def both(params, batch):
        q, p = model.encode(params, batch.inputs), model.prior(params)
        draws = [q.sample(jax.random.fold_in(key, i), batch.index) for i in range(4)]
        weights = [model.decode(params, z).log_prob(batch.targets) + p.log_prob(z) - q.log_prob(z) for z in draws]
        mean = jax.nn.logsumexp(jax.numpy.stack(weights), 0) - np.log(4)
        return importance_bound(model, params, key, batch, 4), mean

    np.testing.assert_allclose(*both(params, batch), rtol=1e-5)
