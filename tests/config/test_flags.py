"""A command line that cannot be parsed gets one line, with the nearest name."""

import importlib
from typing import get_args

import pytest

from aelab import nets
from aelab.config import RECORDS, NetName
from aelab.config.flags import parse
from aelab.errors import ConfigError
from experiments import vae


def parsed(*argv):
    return parse(vae.Config, argv, prog="test")


def test_flags_become_fields():
    config = parsed("--data", "digits", "--widths", "50", "20", "--lr", "1e-2", "--sigma", "learned", "--json")
    assert (config.data, config.widths, config.lr, config.sigma, config.json) == (
        "digits",
        (50, 20),
        0.01,
        "learned",
        True,
    )


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--latent-dm", "3"], ["--latent-dm", "nearest: --latent-dim"]),
        (["--net", "mpl"], ["--net", "'mpl'", "nearest: mlp"]),
        (["--lr", "abc"], ["--lr", "a number", "'abc'"]),
        (["--epochs", "1.5"], ["--epochs", "a whole number", "'1.5'"]),
        (["--epochs=1.5"], ["--epochs", "'1.5'"]),
        (["--widths", "5", "x"], ["--widths", "whole numbers", "'5 x'"]),
        (["--sigma", "learnt"], ["--sigma", "nearest: learned"]),
        (["--epochs"], ["--epochs", "a whole number"]),
        (["vae"], ["vae", "not a flag"]),
        (["--latent-dim", "0"], ["--latent-dim", "from 1 to 65536", "0"]),
        (["--lr", "nan"], ["--lr", "finite", "nan"]),
        (["--seed", "-1"], ["--seed", "-1"]),
    ],
)
def test_one_line_that_names_the_flag(argv, words):
    with pytest.raises(ConfigError) as error:
        parsed(*argv)
    message = str(error.value)
    assert "\n" not in message
    for word in words:
        assert word in message


def test_settings_that_the_net_does_not_read_are_named(capsys):
    kind = importlib.import_module("experiments.vae").Config
    parse(kind, ["--net", "mlp", "--kernel", "5", "--heads", "2"], prog="x")
    assert capsys.readouterr().err == "warning: --net mlp does not read --kernel --heads\n"
    parse(kind, ["--net", "lstm", "--width", "5"], prog="x")
    assert capsys.readouterr().err == ""


def test_the_names_of_nets_stand_in_one_list():
    assert get_args(NetName) == tuple(RECORDS)
    assert set(RECORDS) == set(nets.menu)
