"""`--config FILE` is the command line with the same settings, and flags go before it."""

import importlib
import json

import pytest

from aelab import cli
from aelab.cli.main import RUNS
from aelab.config import run_name, stored
from aelab.config.flags import parse
from aelab.errors import ConfigError
from experiments import autoencoder, vae

NAME = "experiments.vae"


def read(*argv, kind=vae.Config):
    return parse(kind, argv, prog="x", script=NAME)


def file(folder, text, name="own.yaml"):
    (folder / name).write_text(text)
    return str(folder / name)


FLAGS = ["--data", "digits", "--widths", "50", "20", "--lr", "1e-2", "--beta", "4", "--sigma", "learned", "--binarize"]
YAML = "data: digits\nwidths: [50, 20]\nlr: 1e-2\nbeta: 4\nsigma: learned\nbinarize: yes\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("own.yaml", YAML),
        ("own.yml", YAML.replace("[50, 20]", "\n- 50\n- 20")),
        ("own.json", '{"data":"digits","widths":[50,20],"lr":0.01,"beta":4,"sigma":"learned","binarize":true}'),
        ("own.yaml", f"experiment: {NAME}\nconfig:\n  " + YAML.replace("\n", "\n  ")),
    ],
)
def test_a_file_is_the_command_line_with_the_same_settings(tmp_path, name, text):
    """Numbers too: a run is named by how they are written."""
    there, here = read("--config", file(tmp_path, text, name)), read(*FLAGS)
    assert there == here
    assert run_name(NAME, there) == run_name(NAME, here)


def test_flags_go_before_the_file(tmp_path):
    own = file(tmp_path, YAML)
    for argv in (
        ["--config", own, "--beta", "2", "--widths", "7"],
        ["--beta", "2", "--widths", "7", f"--config={own}"],
    ):
        config = read(*argv, "--no-binarize")
        assert (config.beta, config.widths, config.binarize, config.lr) == (2.0, (7,), False, 0.01)


def test_what_dry_run_prints_is_the_config_again(tmp_path, capsys):
    words = ["train", "vae", *FLAGS, "--eval-every", "2", "--runs-dir", str(tmp_path / "runs"), "--dry-run", "--json"]
    assert cli.main(words) == 0
    printed = capsys.readouterr().out
    assert read("--config", file(tmp_path, printed, "printed.json")) == read(*words[2:-2])
    assert cli.main(["train", "vae", "--config", str(tmp_path / "printed.json"), "--dry-run", "--json"]) == 0
    assert capsys.readouterr().out == printed


def test_the_config_of_a_run_makes_the_run_again(tmp_path):
    config = read(*FLAGS, "--seed", "3")
    made = {"schema": 1, "experiment": NAME, "config": stored(config)}
    again = read("--config", file(tmp_path, json.dumps(made), "config.json"))
    assert again == config


def test_what_a_table_keeps_is_read_too(tmp_path):
    from experiments import reduce

    config = reduce.Config(data="digits", codes=(2, 3), seeds=(4, 5))
    kept = {"status": "done", "experiment": "experiments.reduce", "config": stored(config), "rows": []}
    own = file(tmp_path, json.dumps(kept), "table.json")
    assert parse(reduce.Config, ["--config", own], prog="x", script="experiments.reduce") == config


def test_what_has_no_default_may_stand_in_the_file_alone(tmp_path):
    from dataclasses import dataclass

    from aelab.config import Config, Count

    @dataclass(frozen=True, kw_only=True)
    class Own(Config):
        must: Count  # has to be given

    own = file(tmp_path, "epochs: 3\n", "less.yaml")
    assert read("--config", file(tmp_path, "must: 3\n"), kind=Own) == Own(must=3)
    assert read("--config", own, "--must", "4", kind=Own) == Own(must=4, epochs=3)
    with pytest.raises(ConfigError, match="required: --must"):
        read("--config", own, kind=Own)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("latent_dm: 3", ["latent_dm: no such setting of experiments.vae", "nearest: latent_dim"]),
        ("latent-dim: 3", ["latent-dim: no such setting", "nearest: latent_dim"]),
        ("latent_dim: many", ["latent_dim must be a whole number", "'many'"]),
        ("epochs: 2.5", ["epochs must be a whole number", "2.5"]),
        ("latent_dim: 0", ["--latent-dim: must be a number from 1", "0"]),
        ("net: mpl", ["net must be one of mlp", "nearest: mlp"]),
        ("widths: 12", ["widths must be a list"]),
        ("binarize: 1", ["binarize must be true, false"]),
        ("data:\n", ["data must be a text"]),
        ("experiment: experiments.autoencoder", ["experiments.autoencoder, not of experiments.vae"]),
        ("a: [1", ["not YAML (line 1"]),
        ("a: \0", ["not YAML"]),
        ("- 1", ["must hold settings by name"]),
        ("", ["must hold settings by name"]),
    ],
)
def test_a_mistake_is_one_line_that_names_the_file(tmp_path, text, words):
    own = file(tmp_path, text)
    with pytest.raises(ConfigError) as error:
        read("--config", own)
    said = str(error.value)
    assert said.startswith(own)
    assert "\n" not in said
    for word in words:
        assert word in said


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    for argv, said in (
        ([str(tmp_path / "none.json")], r"none\.json: No such file"),
        ([str(tmp_path)], "no file of settings"),
        ([file(tmp_path, "{", "own.json")], "not JSON"),
        ([], "needs a file"),
        (["--json"], "needs a file"),
    ):
        with pytest.raises(ConfigError, match=said):
            read("--config", *argv)


def test_the_file_of_another_script_goes_to_no_script(tmp_path):
    own = file(tmp_path, json.dumps({"experiment": NAME, "config": {}}), "own.json")
    with pytest.raises(ConfigError, match=r"is of the script experiments\.vae, not of experiments\.autoencoder"):
        parse(autoencoder.Config, ["--config", own], prog="x", script="experiments.autoencoder")


@pytest.mark.parametrize("verb", ["train", "task"])
def test_every_script_takes_a_file(verb):
    for name in RUNS[verb].names():
        kind = importlib.import_module(f"experiments.{name}").Config
        assert "config" in kind.__dataclass_fields__
        assert "config" not in stored(kind())
