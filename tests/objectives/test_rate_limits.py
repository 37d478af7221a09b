"""What the rate costs under a capacity, in cycles and with free bits: by hand, from the terms of the ELBO."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from aelab.batch import Hyper
from aelab.distributions import Point
from aelab.errors import ConfigError
from aelab.experiment import settled
from aelab.objectives import capacity, cyclical, elbo, free_bits
from aelab.objectives.rate_limits import rate_by_number
from experiments import vae

SHIFT, LOG_RATIO = np.array([0.3, -0.5]), np.array([0.6, -0.4])
NUMBERS = {"capacity": 6.0, "capacity_epochs": 10.0, "cycles": 4.0, "cycle_rise": 0.5, "free_bits": 0.9}
HYPER = Hyper(beta=3.0, steps=100.0, own=NUMBERS)
KEY, ALL = jax.random.key(0), np.ones(6, "f4")


@pytest.fixture(scope="module")
def losses(linear_gaussian):
    """All of them on one batch, `(step, hyper, weight) -> losses by name`: compiled once."""
    world, gather = linear_gaussian, lambda tree: tree
    params, batch = world.params(SHIFT, LOG_RATIO), world.batch(2)
    members = {
        "elbo": elbo,
        "capacity": capacity,
        "cyclical": cyclical,
        "free_bits": partial(free_bits, gather=gather),
        "free_code": partial(free_bits, gather=gather, group="code"),
    }

    @jax.jit
    def every(step, hyper, weight):
        given = batch._replace(weight=weight)
        return {name: loss(world.model, params, KEY, given, step=step, hyper=hyper) for name, loss in members.items()}

    def run(step=0, hyper=HYPER, weight=ALL):
        return jax.tree.map(np.float64, every(np.int32(step), hyper, weight))

    return run


def test_a_rate_may_be_below_its_capacity_and_above_it(losses):
    rates = losses()["elbo"].terms["rate"]
    assert (rates > 0.6).all()
    assert (rates < 6.0).any()


@pytest.mark.parametrize(("step", "allowed"), [(0, 0.6), (4, 3.0), (9, 6.0), (1000, 6.0)])
def test_the_capacity_grows_in_a_line_and_the_rate_pays_for_its_distance(losses, step, allowed):
    loss = losses(step)["capacity"]
    expected = loss.terms["distortion"] + 3 * abs(loss.terms["rate"] - allowed)
    np.testing.assert_allclose(loss.value, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("step", "share"), [(0, 0.0), (5, 0.4), (12, 0.96), (13, 1.0), (24, 1.0), (25, 0.0), (30, 0.4), (99, 1.0)]
)
def test_the_weight_rises_again_in_every_cycle(losses, step, share):
    """100 steps in 4 cycles: half of the 25 steps of each it rises, then it stays."""
    loss = losses(step)["cyclical"]
    np.testing.assert_allclose(loss.terms["weighted_rate"], 3 * share * loss.terms["rate"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(loss.value, loss.terms["distortion"] + loss.terms["weighted_rate"], rtol=1e-6)


def by_number(world):
    """KL of each number of the code against N(0, 1), by its closed form."""
    mean, variance = np.repeat(world.mean + SHIFT, 2, 0), world.variance * np.exp(LOG_RATIO)
    return 0.5 * (variance + mean**2 - 1 - np.log(variance))


@pytest.mark.parametrize("rows", [6, 4])
def test_a_number_costs_its_free_bits_where_the_batch_needs_less_in_the_mean(losses, linear_gaussian, rows):
    """Also where rows of weight 0 follow."""
    rates = by_number(linear_gaussian)
    found = losses(weight=np.float32(np.arange(6) < rows))["free_bits"]
    means = rates[:rows].mean(0)
    assert sorted(means > 0.9) == [False, True]
    paid = np.where(means > 0.9, rates, 0.9).sum(1)
    np.testing.assert_allclose(found.value, found.terms["distortion"] + 3 * paid, rtol=1e-5)
    np.testing.assert_allclose(found.terms["rate"], rates.sum(1), rtol=1e-5)
    np.testing.assert_allclose(found.terms["paid_rate"][:rows].mean(), np.maximum(means, 0.9).sum(), rtol=1e-5)


def test_rows_that_only_pad_do_not_lift_the_mean_above_the_floor(losses, linear_gaussian):
    """At a floor between the means over four rows and over all six, a number is on either side of it."""
    rates = by_number(linear_gaussian)
    few, every = rates[:4].mean(0), rates.mean(0)
    assert (abs(few - every) > 0.01).all()
    for floor in (few + every) / 2:
        for rows, means in ((4, few), (6, every)):
            own = {**NUMBERS, "free_bits": floor}
            found = losses(hyper=HYPER._replace(own=own), weight=np.float32(np.arange(6) < rows))["free_bits"]
            paid = np.where(means > floor, rates, floor).sum(1)
            np.testing.assert_allclose(found.terms["paid_rate"], paid, rtol=1e-5)


def test_the_whole_code_may_be_one_group(losses, linear_gaussian):
    rates = by_number(linear_gaussian).sum(1)
    for floor in (rates.mean() - 0.01, rates.mean() + 0.01):
        found = losses(hyper=HYPER._replace(own={**NUMBERS, "free_bits": floor}))["free_code"]
        np.testing.assert_allclose(found.terms["paid_rate"], rates if floor < rates.mean() else floor, rtol=1e-5)


def test_without_free_bits_or_capacity_each_is_the_elbo(losses):
    """With a capacity of 0 too, for no rate is below 0; at the top of a cycle too."""
    found = losses(13, HYPER._replace(own={**NUMBERS, "capacity": 0.0, "free_bits": 0.0}))
    for name in ("capacity", "cyclical", "free_bits", "free_code"):
        np.testing.assert_allclose(found[name].value, found["elbo"].value, rtol=1e-6)


def test_numbers_of_a_code_without_a_closed_form_are_refused():
    with pytest.raises(ConfigError, match=r"^--free-bits-of number: .*give --free-bits-of code$"):
        rate_by_number(Point(jnp.zeros((2, 3))), Point(jnp.zeros(3)))


def test_validation_has_the_whole_capacity_and_weight_from_the_first_step_on(losses):
    """So that its losses can be compared, and the best is no early one."""
    config = vae.Config(capacity=6.0, capacity_epochs=10.0, cycles=4.0)
    numbers = settled(config, HYPER)
    assert (numbers.beta_warmup, numbers.own["capacity"]) == (0.0, 6.0)
    for step in (0, 12):
        found = losses(step, numbers)
        distortion, rate = (found["elbo"].terms[name] for name in ("distortion", "rate"))
        np.testing.assert_allclose(found["capacity"].value, distortion + 3 * abs(rate - 6), rtol=1e-6)
        np.testing.assert_allclose(found["cyclical"].value, distortion + 3 * rate, rtol=1e-6)
