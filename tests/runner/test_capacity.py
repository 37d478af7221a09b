"""A population is cut to what fits into the memory."""

import dataclasses

import jax
import numpy as np
import pytest

from aelab.devices import memory
from aelab.runner import capacity, launch, population
from aelab.training.recipe import make_recipe
from aelab.training.trainer import Trainer
from experiments import vae

NAME = "experiments.vae"
TINY = vae.Config(data="digits", widths=(12,), latent_dim=2, batch_size=300, epochs=1, importance_samples=0)


@pytest.mark.parametrize(
    ("members", "free", "sizes"),
    [(16, 1000, [16]), (16, 130, [6, 5, 5]), (16, 0, [1] * 16), (5, 75, [3, 2]), (1, 10, [1])],
)
def test_groups_are_as_few_and_as_equal_as_can_be(members, free, sizes):
    need = capacity.Need(shared=30, member=10)
    assert capacity.group_sizes(members, need, free) == sizes
    assert all(size == 1 or need.shared + size * need.member <= capacity.SHARE * free for size in sizes)


def needed(**options) -> capacity.Need:
    config = dataclasses.replace(TINY, **options)
    ready = launch.prepare(config, vae.build)
    return capacity.need(
        Trainer(config, make_recipe(config, ready.experiment, ready.splits, "single", jax.devices()[:1])),
        jax.devices()[:2],
    )


@pytest.mark.ci
def test_a_member_needs_more_than_its_state_and_a_step_more_than_its_activations():
    config = dataclasses.replace(TINY, widths=(512,))
    ready = launch.prepare(config, vae.build)
    trainer = Trainer(config, make_recipe(config, ready.experiment, ready.splits, "single", jax.devices()[:1]))
    state = sum(np.asarray(leaf).nbytes for leaf in jax.tree.leaves(trainer.fresh()))
    small, wide = needed(), needed(widths=(512,))
    assert wide.member > state
    assert wide.shared - small.shared > 2 * 300 * 500 * 4  # a device: the hidden layer of a batch, at least once


@pytest.mark.long
def test_a_population_too_large_for_the_memory_trains_in_groups_and_says_so(tmp_path, monkeypatch, capsys):
    configs = [dataclasses.replace(TINY, runs_dir=tmp_path, seed=seed) for seed in range(4)]
    need = needed()
    enough_for_two = int((need.shared + 2.5 * need.member) / capacity.SHARE)
    monkeypatch.setattr(memory, "free", lambda devices: enough_for_two)
    assert population.train(NAME, configs, vae.build) == [None] * 4
    said = capsys.readouterr().err
    assert said.count("one after the other, groups of 2 2: ") == 1
    assert said.count("population of 2 on ") == 2
    assert all(launch.run_of(NAME, config).finished for config in configs)


def test_free_memory_is_some_and_no_more_than_there_is():
    assert 0 < memory.free(jax.devices()) <= memory.total()


def test_a_container_leaves_what_is_below_its_limit(tmp_path):
    for name, text in {
        "memory.max": "1000",
        "memory.current": "700",
        "memory.stat": "anon 5\ninactive_file 100",
    }.items():
        (tmp_path / name).write_text(text)
    assert memory._container(tmp_path) == 400
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._container(tmp_path) == memory.total()
