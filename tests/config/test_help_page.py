"""What `--help` shows: every setting with its text, and of the nets the chosen one's."""

import importlib
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import get_type_hints

import pytest

from aelab.cli.main import DATA, RUNS
from aelab.cli.train import Scripts
from aelab.config import Config, Count, flag, help_page
from aelab.config.flags import parse
from aelab.errors import ConfigError

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for folder in ("experiments", "experiments/bench")
    for path in (ROOT / folder).glob("[a-z]*.py")
    if re.search(r"launch\.(main|command)\(Config, ", path.read_text())
)


def test_help_needs_no_jax_and_no_second():
    import subprocess
    import sys
    import time

    start = time.perf_counter()
    loaded = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "experiments.vae", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--beta-warmup" in loaded.stdout
    assert "import time" in loaded.stderr
    assert not [line for line in loaded.stderr.splitlines() if line.split("|")[-1].strip() in ("jax", "flax", "orbax")]
    assert time.perf_counter() - start < 5  # a second on an idle machine; a loaded one is no reason to fail


def test_the_scripts_are_found():
    assert {"experiments.vae", "experiments.reduce", "experiments.bench.race"} <= set(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS)
def test_every_flag_of_a_script_has_a_text(script, capsys):
    has_texts(importlib.import_module(script).Config, capsys)


@pytest.mark.parametrize(
    "verb", [verb for verb in (*RUNS.values(), *DATA.verbs.values()) if not issubclass(verb, Scripts)]
)
def test_every_flag_of_a_verb_has_a_text(verb, capsys):
    has_texts(verb, capsys)


def has_texts(kind, capsys):
    """The help shows each field by its flag, or by the capitals of a word without one, with the comment behind it."""
    page, texts = shown(kind, ["--help"], capsys), help_page.comments(kind)
    for name, hint in get_type_hints(kind, include_extras=True).items():
        assert texts.get(name), f"{name} has no text"
        assert " ".join(texts[name].split()) in page, name
        capitals = [extra.metavar for extra in getattr(hint, "__metadata__", ()) if getattr(extra, "metavar", None)]
        assert f" {(*capitals, flag(name))[0]} " in page.replace(",", " ").replace("|", " "), name


@pytest.mark.parametrize("script", ["vae", "autoencoder", "cvae"])
def test_settings_stand_in_groups(script, capsys):
    """All of them, those that a script adds among them where it adds any."""
    kind = importlib.import_module(f"experiments.{script}").Config
    page, used = shown(kind, ["--help"], capsys), {help_page.group(field.name) for field in fields(kind)}
    assert {"data", "corruption", "net", "code and likelihood", "objective", "training", "running"} <= used
    places = [page.index(f" {group} options ") for group in help_page.ORDER if group in used]
    assert places == sorted(places)


def test_help_of_a_net_leaves_the_settings_of_other_nets_out(capsys):
    kind = importlib.import_module("experiments.vae").Config
    page = shown(kind, ["--net", "conv", "--help"], capsys)
    assert "--kernel" in page
    assert "--activation" in page
    for other in ("--widths", "--heads", "--bidirectional", "--width "):
        assert other not in page


@dataclass(frozen=True, kw_only=True)
class Own(Config):
    must: Count  # has to be given
    many: tuple[int, ...] = field(default_factory=lambda: (5, 7))  # some numbers


def test_settings_of_ones_own_may_have_any_kind_of_default(capsys):
    page = shown(Own, ["--help"], capsys)
    assert "--must INT has to be given (required)" in page
    assert "some numbers (default: 5 7)" in page
    assert parse(Own, ["--must", "3"], prog="x") == Own(must=3)
    with pytest.raises(ConfigError, match="required: --must"):
        parse(Own, [], prog="x")


def test_help_shows_a_class_that_has_no_source(capsys):
    names = {"Config": Config}
    exec("from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Typed(Config):\n    whim: int = 3", names)
    page = shown(names["Typed"], ["--help"], capsys)
    assert "--whim INT (default: 3)" in page
    assert help_page.comments(Config)["lr"] in page


def shown(kind, argv, capsys):
    """The help on one line, without its frames."""
    with pytest.raises(SystemExit) as stop:
        parse(kind, argv, prog="x")
    assert stop.value.code == 0
    return " ".join(re.sub("[│╭╮╰╯]", " ", capsys.readouterr().out).split())
