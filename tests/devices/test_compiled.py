"""Compiled functions wait for other processes before they run for the first time, and give what `jax.jit` gives."""

import jax.numpy as jnp
import numpy as np
import pytest

from aelab.devices import compiled, processes
from aelab.devices.alone import Alone


class Counting(Alone):
    met = 0

    def meet(self, said=None):
        self.met += 1
        return [said]


@pytest.fixture
def scaled():
    @compiled.compiled(static_argnums=(0,), static_argnames=("minus",))
    def scaled(times, tree, *, add, minus=0):
        return times * tree["x"] + add - minus

    return scaled


@pytest.fixture
def team(monkeypatch):
    team = Counting()
    monkeypatch.setattr(processes, "_team", team)
    return team


def test_one_process_waits_for_nobody(scaled, team):
    assert scaled(2, {"x": jnp.ones(3)}, add=1.0).tolist() == [3, 3, 3]
    assert team.met == 0
    assert scaled.__name__ == "scaled"


def test_several_meet_once_for_each_program(scaled, team, monkeypatch):
    monkeypatch.setattr(compiled, "_elsewhere_too", lambda leaf: True)
    for times, length, minus, met in ((2, 3, 0, 1), (2, 3, 0, 1), (3, 3, 0, 2), (3, 4, 0, 3), (3, 4, 1, 4)):
        found = scaled(times, {"x": np.ones(length, np.float32)}, add=jnp.float32(1), minus=minus)
        assert found.tolist() == length * [times + 1 - minus]
        assert team.met == met
