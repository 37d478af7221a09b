"""Whatever is typed, a command ends in a result or in one line that names what was wrong, and leaves nothing behind."""

import re
import subprocess
import sys
from typing import Annotated, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from aelab.config import LAUNCH, flag
from aelab.runner import launch
from experiments import autoencoder, vae

SCRIPTS = {"autoencoder": autoencoder, "vae": vae}
CODES = {0, 2, 3, 8}  # done, config, data, storage: all that can be known before training
# A run's place, the parsing of --help, and how many devices a process has, are not for drawing.
HINTS = {
    name: {
        field: hint
        for field, hint in get_type_hints(script.Config, include_extras=True).items()
        if field not in LAUNCH | {"runs_dir", "devices", "parallel", "deterministic"}
    }
    for name, script in SCRIPTS.items()
}
NUMBERS = ("0", "1", "2", "3", "7", "28", "64", "1000", "-1", "1e9", "1000000000000", "0.5", "1e-3", "2e-320", "1e308")
NUMBERS += ("nan", "inf", "-0", "0x10", "1_0", "٣", "½")
NAMES = ("digits", "fashion_small", "fashion_smal", "tfds:", "tfds:nothing", "npz:/dev/null", "csv:/nowhere.csv")
NAMES += ("images:/", "npy:", "idx:/tmp", "ts:x", "", ":", "a:b:c", "../..", "--", "\x00", "😀", "%s", "auto", "none")
words = st.one_of(
    st.sampled_from(NUMBERS), st.sampled_from(NAMES), st.integers().map(str), st.floats().map(repr), st.text(max_size=6)
)


def choices(hint):
    """The words a field's type spells out."""
    if get_origin(hint) is Literal:
        return [str(choice) for choice in get_args(hint)]
    if get_origin(hint) is Annotated:
        return choices(get_args(hint)[0])
    return [choice for arg in get_args(hint) for choice in choices(arg)]


@st.composite
def settings_of(draw, script):
    """One flag with something behind it: mostly what fits its type, sometimes anything."""
    field = draw(st.sampled_from(sorted(HINTS[script])))
    hint = HINTS[script][field]
    if hint is bool:
        return [flag(field), *draw(st.sampled_from([[], [], [], ["yes"]]))]
    kind = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    small = st.integers(1, 40).map(str)
    fits = {
        int: small,
        float: st.floats(0, 3).map(repr),
        str: st.sampled_from(("digits", *NAMES)) if field == "data" else st.sampled_from(("", "0", *NAMES)),
    }.get(kind, small)
    if spelled := choices(hint):
        fits = st.sampled_from(spelled)
    word = fits if draw(st.integers(0, 9)) else words
    many = get_origin(kind) is tuple  # no word at all is one of its mistakes
    values = draw(st.lists(word, max_size=4) if many else word.map(lambda one: [one]))
    name = flag(field) if draw(st.integers(0, 31)) else draw(st.sampled_from(["--nte", "--latent_dim", "--x", "-v"]))
    return [f"{name}={values[0]}"] if len(values) == 1 and draw(st.booleans()) else [name, *values]


@st.composite
def command_lines(draw):
    script = draw(st.sampled_from(sorted(SCRIPTS)))
    flags = draw(st.lists(settings_of(script), min_size=1, max_size=6))
    return script, [word.replace("\x00", "\\0") for words in flags for word in words]


def hold(code: int, said: str, line: list[str]) -> None:
    """A result, or one line that names a flag or a file."""
    errors = [text for text in said.splitlines() if text.startswith("error: ")]
    assert code in CODES, (line, said)
    assert "Traceback" not in said, line
    assert len(errors) == (code != 0), (line, said)
    if errors:
        named = re.search(r"--[a-z]|/|not a flag", errors[0])
        given = any(word and word.split("=")[-1] in errors[0] for word in line)  # the name of a set, say
        assert named or given, (line, errors)


def fuzz(number, folder, capsys):
    seen = {"done": 0, "refused": 0}

    @settings(
        max_examples=number,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(command_lines())
    def goes_well(drawn):
        script, line = drawn
        capsys.readouterr()
        runs = ["--runs-dir", str(folder / "runs"), "--dry-run"]
        code = launch.main(SCRIPTS[script].Config, SCRIPTS[script].build, [*line, *runs])
        said = capsys.readouterr()
        hold(code, said.err, line)
        assert not list(folder.iterdir()), line
        seen["refused" if code else "done"] += 1

    goes_well()
    return seen


def test_thirty_command_lines(tmp_path, capsys):
    seen = fuzz(30, tmp_path, capsys)
    assert min(seen.values()) >= 4


@pytest.mark.long
def test_a_hundred_and_fifty_command_lines(tmp_path, capsys):
    seen = fuzz(150, tmp_path, capsys)
    assert min(seen.values()) >= 20


@pytest.mark.long
def test_a_thousand_command_lines(tmp_path, capsys):
    seen = fuzz(1000, tmp_path, capsys)
    assert min(seen.values()) >= 200
    with capsys.disabled():
        print(seen)


@pytest.mark.long
def test_thirty_of_them_as_processes(tmp_path):
    lines = []

    @settings(max_examples=30, deadline=None, derandomize=True, database=None, phases=[Phase.generate])
    @given(command_lines())
    def draw(drawn):
        lines.append(drawn)

    draw()
    assert len(lines) == 30
    for script, line in lines:
        runs = ["--runs-dir", str(tmp_path / "runs"), "--dry-run"]
        command = [sys.executable, "-m", f"experiments.{script}", *line, *runs]
        done = subprocess.run(command, capture_output=True, text=True)
        hold(done.returncode, done.stderr, line)
        assert not list(tmp_path.iterdir()), line
