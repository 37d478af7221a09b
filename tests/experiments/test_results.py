"""Every number of the tables of likelihoods and of survival stands in results/ with what it was made from."""

import json
import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from aelab.runs import provenance
from aelab.runs.digests import json_digest
from experiments.bench import chaos

ROOT = Path(__file__).parents[2]
TABLE = {"fashion_small": "`make train`", "binarized_mnist": "`python -m experiments.vae --data binarized_mnist"}


def rows(name: str) -> list[dict]:
    return json.loads((ROOT / "results" / f"{name}.json").read_text())["rows"]


@pytest.mark.parametrize("name", TABLE)
def test_the_table_of_likelihoods_is_what_was_measured(name):
    page = (ROOT / "docs" / "results.md").read_text()
    (line,) = (line for line in page.splitlines() if line.startswith(f"| {TABLE[name]}"))
    cells = [cell.strip() for cell in line.split("|")[2:-1]]
    for cell, score, sign in zip(cells, ("elbo", "distortion", "rate", "l_10"), (-1, 1, 1, -1), strict=True):
        values = [sign * row["scores"][f"test/{score}"] for row in rows(name)]
        spread = f" ± {statistics.stdev(values):.2f}" if len(values) > 1 else ""
        assert cell == f"{statistics.mean(values):.2f}{spread}"


@pytest.mark.parametrize("name", TABLE)
def test_a_result_is_whole(name):
    for row in rows(name):
        made = row["manifest"]
        assert json_digest(made["config"]) == made["config_sha256"]
        assert (made["scores"], made["params_sha256"]) == (row["scores"], row["params_sha256"])
        assert {0, 1, 10, 100} <= {entry["step"] for entry in made["digests"]}


def test_the_table_of_survival_is_what_was_measured():
    measured = json.loads((ROOT / "results" / "chaos.json").read_text())
    table = chaos.table(measured)
    assert table in (ROOT / "docs" / "reliability.md").read_text()
    trials = sum(int(line.split("|")[2]) for line in table.splitlines()[2:])
    assert f"In {trials} trials" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", TABLE)
def test_its_first_steps_come_out_the_same_again(name, tmp_path, data_dir):
    """Where versions and machine are those of the result; a process of its own, for the tests compile otherwise."""
    made = rows(name)[0]["manifest"]
    there = made["sessions"][0]["fingerprint"]
    here = provenance.fingerprint()
    if differing := [*provenance.differences(there["versions"], here["versions"])]:
        pytest.skip(f"other versions: {differing[0]}")
    if any(there["machine"][part] != here["machine"][part] for part in ("system", "isa", "cores", "platform")):
        pytest.skip("another machine")
    (tmp_path / "manifest.json").write_text(json.dumps(made))
    env = {name: value for name, value in os.environ.items() if name != "XLA_FLAGS"}
    command = [sys.executable, "-m", "aelab", "reproduce", str(tmp_path / "manifest.json"), "--steps", "10"]
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr
    assert re.search("the same bits at steps 0, 1, 10", done.stdout)
