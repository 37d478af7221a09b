"""Time of compiling counts once, however programs lie within each other, and no more of it than has passed."""

import time

import jax
import jax.numpy as jnp
import pytest

from aelab.devices.compiling import Clock, seconds_since


def test_what_lies_within_another_counts_once():
    clock = Clock()
    for end, duration in ((10.0, 2.0), (11.0, 0.5), (12.0, 5.0), (20.0, 1.0)):  # the third began before the first
        clock.told(end, duration)
    assert clock.since(0.0) == pytest.approx(6.0)
    assert clock.since(9.0) == pytest.approx(4.0)
    assert clock.since(30.0) == 0.0


def test_a_new_program_takes_some_of_the_time_and_a_known_one_none():
    shift = time.perf_counter()  # a number that no cache has seen
    program, began = jax.jit(lambda x: jnp.sin(x) + shift), time.perf_counter()
    program(1.0).block_until_ready()
    assert 0 < seconds_since(began) <= time.perf_counter() - began
    began = time.perf_counter()
    program(2.0).block_until_ready()
    assert seconds_since(began) == 0
