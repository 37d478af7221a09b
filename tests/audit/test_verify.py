"""`aelab verify`: an untouched run holds; whatever is changed in it is named, with exit code 5."""

import json

import pytest
from tiny_run import edit

from aelab import cli
from aelab.runs.digests import leaf_digests
from aelab.runs.folder import Run
from aelab.runs.load import read_config, read_spec, read_state
from aelab.training.initial import blank_state


def test_an_untouched_run_holds_and_tells_its_digests(finished, capfd):
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    assert cli.main(["verify", str(finished), "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert (found["ok"], found["damage"]) == (True, [])
    config, build = read_config(Run(finished))
    spec = read_spec(Run(finished))
    last = read_state(Run(finished), blank_state(build(config, spec), spec, config))
    assert found["digests"]["checkpoints"]["15"] == leaf_digests(last.state)
    assert set(found["digests"]) == {"checkpoints", "best"}
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


def test_a_damaged_checkpoint_is_named_and_left_where_it_is(copy, capfd):
    file = max((copy / "checkpoints" / "10" / "state").rglob("d/*"), key=lambda p: p.stat().st_size)
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert cli.main(["verify", str(copy)]) == 5
    assert "checkpoints/10" in capfd.readouterr().err
    assert file.exists()
    assert not (copy / "damaged").exists()


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("summary.json", lambda s: s["scores"].update({"test/elbo": -1.0}), ["test/elbo is -1.0"]),
        ("summary.json", lambda s: s.update(params_sha256="0" * 64), ["params_sha256"]),
        ("config.json", lambda s: s["config"].update(lr=0.5), ["config.lr", "0.5"]),
        ("manifest.json", lambda s: s["config"].update(lr=0.5), ["sha256"]),
        ("manifest.json", lambda s: s["data"]["splits"]["test"].update(sha256="0" * 64), ["data.splits.test.sha256"]),
        ("manifest.json", lambda s: s["scores"].update({"test/rate": 0.0}), ["scores.test/rate"]),
    ],
)
def test_whatever_is_changed_by_hand_is_named(copy, capfd, name, change, words):
    edit(copy, name, change)
    assert cli.main(["verify", str(copy)]) == 5
    error = capfd.readouterr().err.strip()
    assert "\n" not in error
    for word in words:
        assert word in error


def test_what_cannot_be_verified_is_one_line(copy, tmp_path, capfd):
    edit(copy, "manifest.json", lambda manifest: manifest.update(schema=99))
    assert cli.main(["verify", str(copy)]) == 2
    (copy / "manifest.json").unlink()
    assert cli.main(["verify", str(copy)]) == 2
    assert cli.main(["verify", str(tmp_path)]) == 2
    newer, missing, none = capfd.readouterr().err.splitlines()
    assert "schema 99" in newer
    assert "manifest.json: missing" in missing
    assert "not a run folder" in none
