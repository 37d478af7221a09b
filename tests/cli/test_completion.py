"""`aelab completion SHELL` completes the verbs, the scripts and the flags that there are."""

import dataclasses
import shutil
import subprocess

import pytest

from aelab import cli
from aelab.cli import shell_scripts, shell_words
from aelab.cli.main import DATA, RUNS, VERBS
from aelab.config import flag
from experiments import vae


@pytest.fixture(scope="module")
def places():
    return {place.words: place for place in shell_words.places(VERBS)}


CASES = {
    "tr": {"train"},
    "train v": {"vae", "vae_gan", "vq"},
    "sweep va": {"vae", "vae_gan"},
    "train vae --ne": {"--net"},
    "train vae --net l": {"lstm"},
    "train vae --smoke --latent": {"--latent-dim", "--latent-grid"},
    "task reduce --net c": {"conv"},
    "data in": {"info"},
    "data info --ki": {"--kind"},
    "completion z": {"zsh"},
    "apply run --task s": {"sample", "score"},
}


def test_every_verb_and_script_is_a_place(places):
    assert set(places[()].verbs) == set(VERBS.verbs)
    assert {words for words in places if len(words) == 1} == {(verb,) for verb in VERBS.verbs}
    for verb in ("train", "task"):
        assert {words[1] for words in places if words[0:1] == (verb,) and len(words) == 2} == set(RUNS[verb].names())
    assert set(places["data",].verbs) == set(DATA.verbs)


def test_the_flags_of_a_script_are_its_fields(places):
    flags = {each.name: each for each in places["train", "vae"].flags}
    assert {flag(field.name) for field in dataclasses.fields(vae.Config)} <= set(flags)
    assert flags["--net"].values == ("mlp", "conv", "lstm", "transformer")
    assert flags["--smoke"].switch
    assert flags["--no-smoke"].switch
    assert flags["--latent-dim"].text == "numbers in a code"


def test_words_without_a_flag_are_no_flags(places):
    """A switch of one direction has no `--no-`."""
    flags = [each.name for each in places["compare",].flags]
    assert "--paths" not in flags
    assert "--json" in flags
    assert "--no-json" not in flags
    assert places["compare",].files


def test_bash_completes(places, tmp_path):
    script = shell_scripts.posix(list(places.values()), "bash")
    more = {"launch -- aelab train vae --net l": {"lstm"}, "report r": set(), "train vae --config m": set()}
    end = 'COMPREPLY=(); _aelab; echo "${COMPREPLY[*]}"'
    lines = [f"COMP_WORDS=(aelab {line}); COMP_CWORD={len(line.split())}; {end}" for line in CASES | more]
    (tmp_path / "own.bash").write_text("\n".join([script, *lines]))
    done = subprocess.run(["bash", "own.bash"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert dict(zip(CASES | more, map(set, map(str.split, done.stdout.splitlines())), strict=True)) == CASES | more


ZSH = """compdef() { : }
compadd() { shift; print -r -- ${(M)@:#${words[CURRENT]}*} }
_files() { print }
"""


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_completes(places, tmp_path):
    lines = [f"words=(aelab {line}); CURRENT=$#words; _aelab" for line in CASES]
    script = shell_scripts.posix(list(places.values()), "zsh")
    (tmp_path / "own.zsh").write_text("\n".join([ZSH, script, *lines]))
    done = subprocess.run(["zsh", "-f", "own.zsh"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert dict(zip(CASES, map(set, map(str.split, done.stdout.splitlines())), strict=True)) == CASES


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_completes(places, tmp_path):
    lines = [f"complete -C 'aelab {line}' | string split -f 1 \\t | string join ' '; echo ." for line in CASES]
    (tmp_path / "own.fish").write_text("\n".join([shell_scripts.fish(list(places.values())), *lines]))
    command = ["fish", "--no-config", "own.fish"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    found = done.stdout.split(".\n")[:-1]
    assert [set(words.split()) >= CASES[line] for line, words in zip(CASES, found, strict=True)] == [True] * len(CASES)


def test_a_text_with_quotes_stays_one_word():
    place = shell_words.Place((), {"word": "a parent's \\ text"})
    assert "-d 'a parent\\'s \\\\ text'" in shell_scripts.fish([place])


def test_the_verb_prints_it(capsys):
    assert cli.main(["completion", "bash"]) == 0
    assert "complete -o default -F _aelab aelab" in capsys.readouterr().out
    assert cli.main(["completion", "csh"]) == 2
    assert "bash" in capsys.readouterr().err
