"""A number that a script bakes into its program is found before a population trains with it."""

import dataclasses

import jax
import jax.numpy as jnp
import pytest

from aelab.errors import ConfigError
from aelab.runner import launch, population, trace_check
from aelab.training.recipe import make_recipe
from aelab.training.trainer import Trainer
from experiments import autoencoder, cvae, vae

NAME = "experiments.vae"
TINY = vae.Config(data="digits", widths=(12,), latent_dim=2, batch_size=300, epochs=1, importance_samples=0)


def baked_beta(config, spec):
    """Wrong: weighs the rate by a Python number."""
    good = vae.build(config, spec)

    def objective(*args, hyper, **kwargs):
        return good.objective(*args, hyper=hyper._replace(beta=config.beta), **kwargs)

    return good._replace(objective=objective)


def baked_rate(config, spec):
    """Wrong: the learning rate is an array made in `build`."""
    good, rate = vae.build(config, spec), jnp.float32(config.lr)
    return good._replace(optimizer=lambda hyper: good.optimizer(hyper._replace(lr=rate)))


def baked_seed(config, spec):
    """Wrong: draws are those of the config's own seed."""
    good = vae.build(config, spec)

    def objective(model, params, key, *args, **kwargs):
        return good.objective(model, params, jax.random.key(config.seed), *args, **kwargs)

    return good._replace(objective=objective)


@pytest.mark.parametrize(
    ("build", "field", "value"), [(baked_beta, "beta", 2.0), (baked_rate, "lr", 0.01), (baked_seed, "seed", 3)]
)
def test_a_baked_number_is_named_before_anything_is_written(build, field, value, tmp_path):
    first = dataclasses.replace(TINY, runs_dir=tmp_path)
    others = [dataclasses.replace(first, beta=0.5), dataclasses.replace(first, seed=1, lr=0.1)]
    configs = [first, *others, dataclasses.replace(first, **{field: value})]
    with pytest.raises(ConfigError, match=f"^--{field}: build makes another program of") as caught:
        population.train(NAME, configs, build)
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize("script", [vae, *(pytest.param(s, marks=pytest.mark.ci) for s in (autoencoder, cvae))])
def test_the_scripts_read_all_of_their_numbers_from_hyper(script):
    on = {"warmup": 0.5, "weight_decay": 0.1, "clip": 1.0, "noise": 0.5, "corruption": "masking"}
    other = {"lr": 0.1, "seed": 7, "warmup": 1.0, "weight_decay": 0.2, "clip": 2.0, "noise": 0.6}
    if script is not autoencoder:
        on, other = on | {"beta_warmup": 0.5}, other | {"beta": 3.0, "beta_warmup": 1.0}
    small = {name: getattr(TINY, name) for name in ("data", "widths", "latent_dim", "batch_size", "epochs")}
    config = script.Config(**small, **on)
    ready = launch.prepare(config, script.build)
    trainer = Trainer(config, make_recipe(config, ready.experiment, ready.splits, "single", jax.devices()[:1]))
    trace_check.check(trainer, [config, dataclasses.replace(config, **other)], script.build)
