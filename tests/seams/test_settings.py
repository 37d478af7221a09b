"""A number of a script's own, traced: an objective reads it, a population varies it, and one program serves all."""

import dataclasses
from dataclasses import dataclass
from typing import Annotated

import jax
import numpy as np
import pytest

from aelab.batch import Hyper
from aelab.config import NonNegative, Traced, run_name, since, stored
from aelab.experiment import hyper, traced
from aelab.objectives import reconstruction
from aelab.runner import launch, population
from experiments import autoencoder
from tests.support.compiling import programs_compiled

NAME = "seams.test_settings"


@dataclass(frozen=True)
class Config(autoencoder.Config):
    gamma: Annotated[NonNegative, Traced()] = 0.5  # weight of the squared length of a code
    gamma_warmup: Annotated[NonNegative, Traced(epochs=True)] = 0.0  # epochs over which it rises


SMALL = Config(data="digits", widths=(8,), latent_dim=2, batch_size=300, epochs=1)


def build(config, spec):
    def objective(model, params, key, batch, *, step, hyper, extra=()):
        loss = reconstruction(model, params, key, batch, step=step, hyper=hyper, extra=extra)
        length = (model.encode(params, batch.inputs).mode ** 2).sum(-1)
        return loss._replace(value=loss.value + hyper.gamma * length, terms={**loss.terms, "length": length})

    return autoencoder.build(config, spec)._replace(objective=objective)


def test_a_marked_field_is_a_traced_number_and_epochs_become_steps():
    config = dataclasses.replace(SMALL, gamma=2.0, gamma_warmup=3.0)
    numbers = hyper(config, 10, 100)
    assert (numbers.gamma, numbers.gamma_warmup, numbers.lr) == (2.0, 30.0, config.lr)
    assert {"gamma", "gamma_warmup", "lr", "beta"} <= traced(Config)
    assert "gamma" not in traced(autoencoder.Config)


def test_a_number_that_no_field_declares_is_named():
    with pytest.raises(AttributeError, match=r"'delta'.*field delta"):
        _ = Hyper(own={"gamma": 1.0}).delta


def test_a_program_knows_the_number_as_an_argument():
    text = jax.jit(lambda numbers: numbers.gamma * 2).lower(Hyper(own={"gamma": np.float32(0.123)})).as_text()
    assert "0.123" not in text


def test_runs_that_differ_in_it_train_together_and_zero_stands_apart():
    configs = [dataclasses.replace(SMALL, gamma=gamma) for gamma in (0.0, 0.5, 2.0)]
    assert population.groups(configs) == [[0], [1, 2]]


def test_a_field_may_say_that_its_zero_is_a_number_like_others():
    @dataclass(frozen=True)
    class Signed(autoencoder.Config):
        tilt: Annotated[float, Traced(switch=False)] = 0.0

    small = Signed(data="digits")
    configs = [dataclasses.replace(small, tilt=tilt) for tilt in (0.0, -1.0, 2.0)]
    assert population.groups(configs) == [[0, 1, 2]]
    assert population.groups([*configs, dataclasses.replace(small, clip=1.0)]) == [[0, 1, 2], [3]]


def together(folder, values):
    """The configs of a population over these values, which is trained now, and how many programs were compiled."""
    configs = [dataclasses.replace(SMALL, gamma=gamma, runs_dir=folder) for gamma in values]
    with programs_compiled() as found:
        assert population.train(NAME, configs, build) == [None] * len(values)
    return configs, len(found)


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """What is compiled once a process has been compiled before them."""
    together(tmp_path_factory.mktemp("first"), (0.3, 0.5))
    return together(tmp_path_factory.mktemp("three"), (0.25, 1.0, 4.0))


@pytest.mark.ci
def test_values_of_it_compile_nothing_anew(three, tmp_path):
    assert 0 < three[1] == together(tmp_path, (0.5, 1.5))[1]


@pytest.mark.ci
def test_a_population_over_it_has_each_run_that_would_be_alone(three, tmp_path):
    ends = []
    for config in three[0]:
        alone = dataclasses.replace(config, runs_dir=tmp_path / "alone")
        run = launch.train(NAME, alone, build)
        found, wanted = (_digest(launch.run_of(NAME, each)) for each in (config, alone))
        assert found == wanted, run.path
        ends.append(found)
    assert len(set(ends)) == 3


def _digest(run):
    return run.read("summary.json")["params_sha256"]


def test_a_younger_field_leaves_a_run_its_name_until_it_is_set():
    @dataclass(frozen=True)
    class Older(autoencoder.Config):
        pass

    @dataclass(frozen=True)
    class Younger(autoencoder.Config):
        whiten: bool = since("0.2.0", False, True)  # the default may change after the field has come

    older, asked_for = Older(), Younger(whiten=False)
    assert run_name(NAME, older) == run_name(NAME, asked_for)
    assert "whiten" not in stored(asked_for)
    assert run_name(NAME, older) != run_name(NAME, Younger())
    assert stored(Younger())["whiten"] is True


def test_a_mark_outlives_a_subclass_that_states_the_field_again():
    @dataclass(frozen=True)
    class Louder(autoencoder.Config):
        noise: NonNegative = 0.5

    assert "noise" in traced(Louder)
    assert "noise" not in stored(Louder(noise=0.0))
