"""The compiled side of a run: keys by purpose and seed, and data that stays on the device where it fits."""

import dataclasses

import jax
import numpy as np
import pytest

from aelab import data
from aelab.training import trainer as module
from aelab.training.recipe import make_recipe
from aelab.training.state import State
from aelab.training.trainer import Trainer
from experiments import vae

CONFIG = {"data": "digits", "widths": (4,), "latent_dim": 2, "corruption": "masking", "noise": 0.3}


def trainer_and_validation(monkeypatch, **fields):
    """A trainer, and what it asks of a validation: `(spoilt, params, extra, key, source, step, hyper)`."""
    config = vae.Config(**CONFIG, **fields)
    splits = data.load(config)
    trainer = Trainer(config, make_recipe(config, vae.build(config, splits.spec), splits, "single", jax.devices()[:1]))
    seen = []
    monkeypatch.setattr(module, "validate", lambda experiment, *rest: seen.append((experiment.corruption, *rest)))
    trainer.validate(State(np.int32(0), {}, {}, {}))
    return trainer, *seen


def keys_used(seed, monkeypatch):
    """The keys of training, corruption and validation."""
    trainer, (_, _, _, key, *_) = trainer_and_validation(monkeypatch, seed=seed)
    return [*trainer.keys, key]


def test_validation_is_spoilt_as_training_and_has_the_whole_weight_of_the_rate_from_the_first_step(monkeypatch):
    trainer, (spoilt, *_, step, hyper) = trainer_and_validation(monkeypatch, beta=4.0, beta_warmup=2.0)
    assert spoilt is trainer.experiment.corruption is not None
    assert float(trainer.hyper.beta_at(step)) < 1
    assert float(hyper.beta_at(step)) == 4


def number(key):
    return tuple(jax.random.key_data(key).tolist())


def test_training_corruption_and_validation_never_share_a_key(monkeypatch):
    used = [key for seed in (0, 1, 2) for key in keys_used(seed, monkeypatch)]
    assert len({number(key) for key in used}) == 9


@pytest.mark.parametrize("seed", [0, 5])
def test_they_are_the_numbers_that_results_were_recorded_with(seed, monkeypatch):
    by_hand = [jax.random.fold_in(jax.random.key(seed), purpose) for purpose in (1, 2, 3)]
    assert [*map(number, keys_used(seed, monkeypatch))] == [*map(number, by_hand)]


class Counted:
    """A source that counts how often it is read."""

    def __init__(self, source):
        self.source, self.spec, self.fingerprint, self.reads = source, source.spec, source.fingerprint, 0

    def __len__(self):
        return len(self.source)

    def get_batch(self, indices):
        self.reads += 1
        return self.source.get_batch(indices)


def validated(evaluations, **settings):
    """The means of so many evaluations, and how often each read the validation set."""
    config = vae.Config(**CONFIG, **settings)
    splits = data.load(config)
    splits = splits._replace(validation=Counted(splits.validation))
    recipe = make_recipe(config, vae.build(config, splits.spec), splits, "single", jax.devices()[:1])
    trainers = [Trainer(dataclasses.replace(config, seed=seed), recipe) for seed in range(evaluations)]
    means, reads = [], []
    for trainer in trainers:
        before = splits.validation.reads
        means.append(trainer.validate(trainer.fresh()))
        reads.append(splits.validation.reads - before)
    return means, reads


def test_validation_is_read_once_for_all_runs_where_it_may_stay_and_its_means_are_the_same():
    kept, reads = validated(2)
    assert reads == [1, 0]
    streamed, reads = validated(2, resident_mib=0)
    assert reads == [1, 1]
    assert streamed == kept


def test_runs_of_one_recipe_share_its_program_and_its_training_set():
    config = vae.Config(**CONFIG)
    splits = data.load(config)
    recipe = make_recipe(config, vae.build(config, splits.spec), splits, "single", jax.devices()[:1])
    one, other = Trainer(config, recipe), Trainer(dataclasses.replace(config, seed=1, lr=0.1), recipe)
    assert one.feed.resident is other.feed.resident
    assert one.recipe.program is other.recipe.program
    assert (one.examples(0) != other.examples(0)).any()
    assert float(one.hyper.lr) != float(other.hyper.lr)
