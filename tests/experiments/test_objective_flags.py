"""Every objective trains by its flag, and those that differentiate a net twice do so through every net."""

import sys
from typing import get_args, get_type_hints

import pytest

from aelab.config import RECORDS
from aelab.runner import launch
from experiments import aae, autoencoder, vae, vae_gan

CASES = [
    (script, name) for script in (vae, autoencoder) for name in get_args(get_type_hints(script.Config)["objective"])
]
TWICE = [(name, net) for name in ("contractive", "rae_gradient") for net in RECORDS if net != "mlp"]


def smoke(script, tmp_path, monkeypatch, *flags):
    """Two steps on digits end well."""
    monkeypatch.setattr(sys, "argv", [script.__name__, "--smoke", "--runs-dir", str(tmp_path), *flags])
    assert launch.main(script.Config, script.build, sys.argv[1:]) == 0


@pytest.mark.long
@pytest.mark.parametrize(("script", "name"), CASES, ids=lambda case: getattr(case, "__name__", case))
def test_it_trains(script, name, tmp_path, monkeypatch):
    more = ("--code-activation", "sigmoid") if name == "kl_sparse" else ()
    smoke(script, tmp_path, monkeypatch, "--objective", name, *more)


@pytest.mark.long
@pytest.mark.parametrize(("name", "net"), TWICE)
def test_it_trains_through_every_net(name, net, tmp_path, monkeypatch):
    smoke(autoencoder, tmp_path, monkeypatch, "--objective", name, "--net", net)


@pytest.mark.long
def test_a_k_sparse_code_trains(tmp_path, monkeypatch):
    smoke(autoencoder, tmp_path, monkeypatch, "--k-sparse", "1")


@pytest.mark.long
@pytest.mark.parametrize("script", [aae, vae_gan], ids=lambda script: script.__name__)
@pytest.mark.parametrize("net", RECORDS)
@pytest.mark.parametrize("condition", ["none", "label"])
def test_a_game_is_played_with_every_net(script, net, condition, tmp_path, monkeypatch):
    smoke(script, tmp_path, monkeypatch, "--net", net, "--condition", condition)
