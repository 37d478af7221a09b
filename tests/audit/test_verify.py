"""`aelab verify`: an untouched run holds; whatever is changed in it is named, with exit code 5."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from environment import one_device
from tiny_run import TINY, edit

from aelab import cli
from aelab.runs.checkpoints import Checkpoints
from aelab.runs.digests import joined, leaf_digests
from aelab.runs.folder import Run
from aelab.runs.load import read_config, read_spec, read_state
from aelab.training.initial import blank_state

ROOT = Path(__file__).parents[2]


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


def test_a_best_state_is_missed_only_where_something_was_validated(copy, capfd):
    for step in (copy / "best").iterdir():
        shutil.rmtree(step)
    assert cli.main(["verify", str(copy)]) == 5
    assert "best: no checkpoint" in capfd.readouterr().err
    rows = (copy / "metrics.jsonl").read_text().splitlines(keepends=True)
    (copy / "metrics.jsonl").write_text("".join(row for row in rows if '"validation"' not in row))
    assert cli.main(["verify", str(copy)]) == 0


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("summary.json", lambda s: s["scores"].update({"test/elbo": -1.0}), ["test/elbo is -1.0"]),
        ("summary.json", lambda s: s.update(params_sha256="0" * 64), ["params_sha256"]),
        ("config.json", lambda s: s["config"].update(lr=0.5), ["config.lr", "0.5"]),
        ("manifest.json", lambda s: s["config"].update(lr=0.5), ["sha256"]),
        ("manifest.json", lambda s: s["data"]["splits"]["test"].update(sha256="0" * 64), ["data.splits.test.sha256"]),
        ("manifest.json", lambda s: s["scores"].update({"test/rate": 0.0}), ["scores.test/rate"]),
        ("summary.json", lambda s: s["scores"].pop("test/rate"), ["scores.test/rate", "None here"]),
    ],
)
def test_whatever_is_changed_by_hand_is_named(copy, capfd, name, change, words):
    edit(copy, name, change)
    assert cli.main(["verify", str(copy)]) == 5
    error = capfd.readouterr().err.strip()
    assert "\n" not in error
    for word in words:
        assert word in error


@pytest.mark.ci
def test_a_run_of_the_time_before_a_score_was_known_holds(copy, capfd):
    """A library that scores more than it did finds no damage in what it wrote before."""
    for name in ("summary.json", "manifest.json"):
        edit(copy, name, lambda record: record["scores"].pop("test/rate"))
    assert cli.main(["verify", str(copy)]) == 0


def older(run):
    """Its records as they were written before rows were short: the whole sha256 of every leaf by its path."""
    config, build = read_config(Run(run))
    spec = read_spec(Run(run))
    blank = blank_state(build(config, spec), spec, config)
    checkpoints = Checkpoints(run / "checkpoints", read_only=True)
    found = {step: leaf_digests(checkpoints.read(step, blank).state) for step in checkpoints.steps()}
    rows = [{"step": step, "state": joined(leaves), "leaves": leaves} for step, leaves in found.items()]
    (run / "digests.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    edit(run, "manifest.json", lambda made: made.update(digests=rows))
    return rows


LEAF = ".params['model']['decoder']['Dense_0']['bias']"


@pytest.mark.ci
def test_a_run_of_the_time_before_rows_were_short_holds_and_its_leaves_are_named(copy, capfd):
    rows = older(copy)
    assert cli.main(["verify", str(copy)]) == 0
    assert cli.main(["reproduce", str(copy)]) == 0
    assert "the same bits at steps 5, 10, 15" in capfd.readouterr().out
    rows[1]["leaves"][LEAF] = "0" * 64
    (copy / "digests.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli.main(["verify", str(copy)]) == 5
    assert f"checkpoints/10: {LEAF} is not what digests.jsonl says" in capfd.readouterr().out
    edit(copy, "manifest.json", lambda made: made.update(digests=rows))
    assert cli.main(["reproduce", str(copy), "--steps", "10"]) == 6
    assert f"step 10: {LEAF} differs" in capfd.readouterr().err


def test_a_changed_row_of_the_chain_is_named(copy, capfd):
    rows = [json.loads(line) for line in (copy / "digests.jsonl").read_text().splitlines()]
    rows[-1]["state"] = "0" * 64
    (copy / "digests.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli.main(["verify", str(copy)]) == 5
    out = capfd.readouterr().out
    assert "checkpoints/15: the state is not what digests.jsonl says" in out
    assert "the chain of digests is not that of digests.jsonl" in out


COUNT = """
import sys, jax
missed = []
jax.monitoring.register_event_listener(lambda name, **_: missed.append(name) if "cache_miss" in name else None)
from aelab import cli
code = cli.main(["verify", sys.argv[1]])
print("missed", len(missed))
sys.exit(code)
"""


@pytest.mark.long
def test_no_program_of_the_training_is_compiled_again(tmp_path):
    """Nearly all the time of a verification of many small runs would go there."""
    cache = {**one_device(), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    cache.pop("JAX_COMPILATION_CACHE_DIR", None)
    words = [sys.executable, "-m", "experiments.vae", *TINY, "--runs-dir", str(tmp_path)]
    subprocess.run(words, check=True, env=cache, cwd=ROOT, capture_output=True)
    (run,) = tmp_path.glob("vae/*")
    done = subprocess.run(
        [sys.executable, "-c", COUNT, str(run)], env=cache, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "missed 0"


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
