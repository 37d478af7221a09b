"""The compiled side of a run draws each thing with the key of its own purpose and seed."""

import jax
import pytest

from aelab import data
from aelab.training import trainer as module
from aelab.training.trainer import Trainer
from experiments import vae

CONFIG = {"data": "digits", "widths": (4,), "latent_dim": 2, "corruption": "masking", "noise": 0.3}


def keys_used(seed, monkeypatch):
    """The keys of training, corruption and validation."""
    config = vae.Config(**CONFIG, seed=seed)
    splits = data.load(config)
    trainer = Trainer(config, vae.build(config, splits.spec), splits, "single", jax.devices()[:1])
    seen = []
    monkeypatch.setattr(module, "validate", lambda model, objective, spoilt, params, key, *rest: seen.append(key))
    trainer.validate(params={}, step=0)
    return [*trainer.keys, *seen]


def number(key):
    return tuple(jax.random.key_data(key).tolist())


def test_training_corruption_and_validation_never_share_a_key(monkeypatch):
    used = [key for seed in (0, 1, 2) for key in keys_used(seed, monkeypatch)]
    assert len({number(key) for key in used}) == 9


@pytest.mark.parametrize("seed", [0, 5])
def test_they_are_the_numbers_that_results_were_recorded_with(seed, monkeypatch):
    by_hand = [jax.random.fold_in(jax.random.key(seed), purpose) for purpose in (1, 2, 3)]
    assert [*map(number, keys_used(seed, monkeypatch))] == [*map(number, by_hand)]
