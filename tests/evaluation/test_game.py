"""How a game stands is told by both of its terms, and a player that has won is named."""

import pytest

from aelab.evaluation.game import won
from aelab.evaluation.trouble import trouble
from experiments import aae


def rows(told, fooled):
    """Two epochs, of which the first says nothing."""
    first = {"split": "train", "epoch": 1, "step": 10, "loss": 1.0, "critic_told": 1.0, "generator_fooled": 1.0}
    last = {**first, "epoch": 2, "step": 20, "critic_told": told, "generator_fooled": fooled}
    return [first, last, {"split": "validation", "epoch": 2, "step": 20, "loss": 1.0}]


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.94, 0.0), (0.5, 0.94), (0.05, 0.9)])
def test_while_both_play_nobody_has_won(shares):
    assert won(rows(*shares), aae.Config()) == []


def test_a_player_that_has_won_is_named_with_what_to_try():
    (critic,) = trouble({}, rows(0.97, 0.02), aae.Config(critic_lr=4e-4))
    assert "the critic has won" in critic
    assert "97%" in critic
    assert critic.endswith("try --critic-lr 0.0001")
    (generator,) = trouble({}, rows(0.4, 0.99), aae.Config(critic_lr=1e-4))
    assert "the generator has won" in generator
    assert "99%" in generator
    assert generator.endswith("try --critic-lr 0.0004")


def test_without_a_game_nothing_is_said():
    told_alone = [{"split": "train", "epoch": 1, "step": 10, "loss": 1.0, "critic_told": 1.0}]  # FactorVAE
    assert won(told_alone, aae.Config()) == []
    assert won([], aae.Config()) == []
