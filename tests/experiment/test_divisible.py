"""Which experiments are cut into parts unasked: those that are known to treat each example alone."""

from functools import partial

import pytest

from aelab.data.source import Spec
from aelab.objectives.objective import Objective
from experiments import vae

SPEC = Spec((8, 8, 1), "uint8", "unit")


def centred(model, params, key, batch, *, step, hyper, extra=()):
    """A loss that looks at the mean of its batch without saying so."""


def mixed(key, batch, hyper):
    """A corruption that adds the next example."""


@pytest.fixture(scope="module")
def known():
    return vae.build(vae.Config(widths=(4,), corruption="gaussian", noise=0.1), SPEC)


def test_what_is_of_the_library_may_be_cut(known):
    assert known.divisible
    assert known._replace(objective=partial(known.all_players()["model"].record.loss)).divisible


@pytest.mark.parametrize(
    "own",
    [
        {"objective": centred},
        {"objective": partial(centred, extra=())},
        {"objective": Objective(centred)},
        {"corruption": mixed},
        {"corruption": partial(mixed)},
    ],
)
def test_what_is_of_ones_own_is_not(known, own):
    assert not known._replace(**own).divisible


def test_what_says_that_it_looks_across_is_not(known):
    loss = known.all_players()["model"].record.loss
    assert not known._replace(objective=Objective(loss, across=True)).divisible
