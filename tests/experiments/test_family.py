"""The table of the family: its members are recipes of their own, and what it says of them is what was measured."""

import numpy as np
import pytest

from aelab.config import identity
from aelab.runner import launch
from aelab.runs import scripts
from experiments import family
from experiments.common.family_members import CLAIMS, MEMBERS, PLAIN
from experiments.common.family_rows import config_of, first_of
from experiments.common.family_scores import splits_of

TASK = family.Config(data="digits")


@pytest.mark.ci
def test_every_member_can_be_built_and_no_two_are_one_recipe():
    configs = [config_of(TASK, member, 0) for member in MEMBERS]
    for member, config in zip(MEMBERS, configs, strict=True):
        assert member.script.build(config, splits_of(config).spec).model.parts.likelihood is not None
        epochs = config.epochs + (first_of(TASK, member, 0).epochs if member.first else 0)
        assert (config.widths, config.latent_dim, epochs, config.binarize) == ((256, 128), 16, 3, True)
    recipes = {identity(scripts.name_of(member.script), c) for member, c in zip(MEMBERS, configs, strict=True)}
    assert len(recipes) == len(MEMBERS) == len({member.name for member in MEMBERS})
    assert {PLAIN, *(name for names in CLAIMS.values() for name in names)} <= {member.name for member in MEMBERS}


def test_a_lead_is_over_the_mean_of_the_plain_seeds():
    plain = np.random.default_rng(0).normal(-90, 20, (3, 100))
    found = family.leads({PLAIN: plain, "one": plain + 1, "two": plain - np.arange(100) % 2})
    assert found["one"] == pytest.approx([1, 1, 1])
    value, low, high = found["two"]
    assert value == pytest.approx(-0.5)
    assert -0.65 < low < -0.45 < high + 0.1 < -0.25  # half a unit of spread over ten is 0.05 a standard error


def test_a_claim_is_confirmed_only_by_an_interval_above_zero():
    first, second = CLAIMS["l_k"][:2]
    third = CLAIMS["total_correlation"][0]
    scores = [(PLAIN, -90.0, 3.0), (first, -89.0, 1.0), (second, -91.0, 1.0), (third, -95.0, 2.0)]
    rows = [
        {"member": name, "l_k": bound, "total_correlation": shared, "cluster_accuracy": None}
        for name, bound, shared in scores
        for _ in range(3)
    ]
    found = {"l_k": {first: [1.0, 0.5, 1.5], second: [-1.0, -2.5, 0.5]}, "total_correlation": {third: [1.0, 0.5, 1.5]}}
    a, b, c = family.claims(rows, found)
    assert (
        a == f"- {first}, a better L_k than the plain VAE: confirmed; by +1.00 (+0.50 to +1.50) nats, in 3 of 3 seeds"
    )
    assert "NOT confirmed; by −1.00 (−2.50 to +0.50) nats, in 0 of 3 seeds" in b
    assert c.startswith(f"- {third}, less total correlation than the plain VAE: confirmed;")
    assert c.endswith("in 3 of 3 seeds")


def test_an_unknown_member_is_named_beside_the_known_ones(tmp_path, capsys):
    words = ["--members", "GAN", "--runs-dir", str(tmp_path)]
    assert launch.command(family.Config, family.run, words) == 2
    assert "--members: no 'GAN'; there are VAE, VampPrior" in capsys.readouterr().err


@pytest.mark.long
def test_side_by_side_keeps_the_rows_and_a_second_call_trains_nothing(tmp_path, capfd):
    words = ["--smoke", "--runs-dir", str(tmp_path), "--workers", "2"]
    for _ in range(2):
        assert launch.command(family.Config, family.run, words) == 0
    out, err = capfd.readouterr()
    assert err.count("VAE: training") == err.count("autoencoder: training") == 1
    first, second = out[: len(out) // 2], out[len(out) // 2 :]
    assert first == second
    assert len(list(tmp_path.glob("family/*/members/*.json"))) == 2
