"""`aelab reproduce`: the same bits again, or the first step and leaf that differ, and what was changed."""

import json
import shutil

import pytest
from tiny_run import edit, train

from aelab import cli, data
from aelab.runs.digests import DIGITS, leaf_digests
from aelab.runs.folder import Run
from aelab.runs.load import read_config, read_spec
from aelab.training.initial import blank_state


@pytest.mark.ci
@pytest.mark.bits
def test_a_run_is_reproduced_to_its_end(finished, capfd):
    assert cli.main(["reproduce", str(finished), "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["reproduced"], found["same_bits"], found["changed"]) == (True, True, [])
    assert found["steps"] == [0, 1, 5, 10, 15]


@pytest.mark.bits
def test_a_manifest_alone_is_enough(finished, tmp_path, capfd):
    alone = tmp_path / "manifest.json"
    alone.write_text((finished / "manifest.json").read_text())
    assert cli.main(["reproduce", str(alone), "--steps", "7", "--into", str(tmp_path / "again")]) == 0
    assert "the same bits at steps 0, 1, 5" in capfd.readouterr().out
    assert len(list((tmp_path / "again").glob("vae/*"))) == 1


LEAF = ".params['model']['decoder']['Dense_0']['bias']"


def change_leaf(run, row):
    """Let a row say that one leaf was another."""
    config, build = read_config(Run(run))
    spec = read_spec(Run(run))
    at = DIGITS * list(leaf_digests(blank_state(build(config, spec), spec, config))).index(LEAF)
    leaves = row["leaves"]
    other = "".join("0" if digit == "f" else "f" for digit in leaves[at : at + DIGITS])
    row |= {"leaves": leaves[:at] + other + leaves[at + DIGITS :], "state": "0" * 64}


def both(change):
    def on(path):
        edit(path, "config.json", lambda made: change(made["config"]))
        edit(path, "manifest.json", lambda made: change(made["config"]))

    return on


def manifest(change):
    return lambda path: edit(path, "manifest.json", change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda path: edit(path, "config.json", lambda made: made["config"].update(lr=0.1)), ["config.lr", "0.1 here"]),
        (both(lambda config: config.update(lr=0.1)), ["config", "changed by hand"]),
        (lambda path: edit(path, "config.json", lambda made: made["config"].update(seed=5)), ["config.seed"]),
        (both(lambda config: config.update(seed=5)), ["seed: 0 and 5"]),
    ],
)
def test_another_recipe_is_named_with_the_first_step_and_leaf(copy, capfd, change, words):
    change(copy)
    assert cli.main(["reproduce", str(copy), "--steps", "1"]) == 6
    out, err = capfd.readouterr()
    error = err.splitlines()[-1]
    assert "step 0: " in error or "step 1: " in error
    assert ".params['model']" in error or ".opt_state" in error
    for word in words:
        assert word in out


def test_another_byte_of_the_data_is_named(copy, capfd, monkeypatch):
    load = data.load

    def touched(config):
        splits = load(config)
        splits.train.x[0, 0, 0, 0] ^= 1
        return splits

    monkeypatch.setattr(data, "load", touched)
    assert cli.main(["reproduce", str(copy), "--steps", "10"]) == 6
    out, err = capfd.readouterr()
    assert "changed: data.splits.train.sha256" in out
    assert "another recipe: data.splits.train.sha256" in err


@pytest.mark.ci
def test_other_versions_are_named_and_the_scores_decide(copy, capfd):
    def older(made):
        made["sessions"][-1]["fingerprint"]["versions"]["jax"] = "0.1.0"

    edit(copy, "manifest.json", older)
    assert cli.main(["reproduce", str(copy), "--steps", "1"]) == 0  # another version, and the same bits
    assert "changed: versions.jax: 0.1.0 there" in capfd.readouterr().out

    def other_bits(made):
        change_leaf(copy, made["digests"][-1])

    edit(copy, "manifest.json", other_bits)
    assert cli.main(["reproduce", str(copy)]) == 0
    assert "step 15: .params['model']['decoder']['Dense_0']['bias'] differs; changed: versions.jax" in (
        capfd.readouterr().out
    )
    edit(copy, "manifest.json", lambda made: made["scores"].update({"test/elbo": -1.0}))
    assert cli.main(["reproduce", str(copy)]) == 6
    assert "tolerance" in capfd.readouterr().err.splitlines()[-1]


def test_other_bits_from_the_same_fingerprint_are_a_failure(copy, capfd):
    def other_bits(made):
        change_leaf(copy, made["digests"][1])

    edit(copy, "manifest.json", other_bits)
    assert cli.main(["reproduce", str(copy), "--steps", "1"]) == 6
    assert "step 1: .params['model']['decoder']['Dense_0']['bias'] differs, though nothing else did" in (
        capfd.readouterr().err
    )


@pytest.mark.ci
def test_a_resume_elsewhere_is_a_session_of_its_own(copy, monkeypatch):
    (copy / "summary.json").unlink()
    edit(copy, "status.json", lambda status: status.update(state="running"))
    shutil.rmtree(copy / "checkpoints" / "15")
    from aelab.runs import provenance

    made = provenance.fingerprint()
    monkeypatch.setattr(provenance, "fingerprint", lambda: {**made, "python": "3.99"})
    copy.parent.joinpath("vae").mkdir()
    copy.rename(copy.parent / "vae" / copy.name)
    train(copy.parent)
    sessions = Run(copy.parent / "vae" / copy.name).read("manifest.json")["sessions"]
    assert [session["step"] for session in sessions] == [0, 10]
    assert sessions[1]["fingerprint"]["python"] == "3.99"
