"""The table of first runs: which settings are drawn, and what a line says."""

import json
import re
from pathlib import Path

import pytest

from aelab.config import flags, from_json
from experiments import defaults, vae

ROOT = Path(__file__).parents[2]
STORED = json.loads((ROOT / "results" / "defaults.json").read_text())["tables"]
PAGE = (ROOT / "docs" / "command-line.md").read_text()


def test_settings_are_drawn_alike_each_time_and_differ_from_set_to_set():
    bare = vae.Config(latent_dim=5)
    first, again, other = (defaults.drawn(bare, 20, name) for name in ("wine", "wine", "diabetes"))
    assert first == again != other
    assert {config.latent_dim for config in first} == {5}
    assert all(1e-4 <= config.lr <= 1e-2 for config in first)
    assert {config.widths for config in first} == set(defaults.WIDTHS)
    assert {config.beta_warmup for config in first} == set(defaults.WARM_UPS)


def test_a_bare_run_is_that_of_a_file_of_ones_own(tmp_path):
    config = defaults.bare_config(defaults.Config(runs_dir=tmp_path), "wine")
    assert (config.epochs, config.batch_size, config.sigma) == ("auto", "auto", "learned")
    assert config.optimizer == "schedule_free"
    assert config.data == f"npz:{tmp_path}/defaults/data/wine/data.npz"


def test_a_line_says_how_far_the_bare_run_is_behind():
    rows = [
        {"kind": kind, "set": "wine", "events": 142, "numbers": 10, "test": test, "collapsed": test == -30.0}
        for kind, bounds in (("bare", (-21.0, -23.0)), ("best", (-19.0, -21.0)), ("drawn", (-19.0, -30.0)))
        for test in bounds
    ]
    rows.append({"kind": "drawn", "set": "wine", "events": 142, "numbers": 10})  # its numbers were not finite
    line = defaults.table(defaults.Config(), rows, []).splitlines()[-1]
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:3] == ["wine", "142", "10"]
    assert cells[3].startswith("-22.00 ±")
    assert cells[-3:] == ["10.0", "0.200", "0 of 2, 2 of 3"]  # 2 of 20 nats, over 10 numbers


@pytest.mark.parametrize("stored", STORED, ids=lambda stored: stored["config"]["sets"][0])
def test_the_page_shows_what_was_measured_and_by_which_command(stored):
    config = from_json(defaults.Config, stored["config"])
    assert defaults.table(config, stored["rows"], []) in PAGE
    said = re.findall(r"^aelab task defaults (.*)$", PAGE, re.MULTILINE)
    assert config in [flags.parse(defaults.Config, command.split(), prog="defaults") for command in said]


@pytest.mark.parametrize("stored", STORED, ids=lambda stored: stored["config"]["sets"][0])
def test_the_rival_is_the_draw_of_the_best_validation(stored):
    draws, seeds = stored["config"]["draws"], len(stored["config"]["seeds"])
    for name in stored["config"]["sets"]:
        own = [row for row in stored["rows"] if row["set"] == name]
        kinds = {kind: [row for row in own if row["kind"] == kind] for kind in ("bare", "best", "drawn")}
        assert [len(rows) for rows in kinds.values()] == [seeds, seeds, draws]
        chosen = max(kinds["drawn"], key=lambda row: row.get("validation", -float("inf")))
        assert all(row[field] == chosen[field] for row in kinds["best"] for field in ("lr", "beta_warmup", "widths"))


def test_the_page_counts_the_sets_that_are_behind():
    """All ten sets have a line, and the page names every one that is more than 3 % behind."""
    lines = [
        line.split("|")
        for stored in STORED
        for line in defaults.table(defaults.Config(), stored["rows"], []).splitlines()[2:]
    ]
    behind = {line[1].strip(): float(line[6]) for line in lines}
    assert set(behind) == set(defaults.SETS)
    far = [name for name, share in behind.items() if share > 3]
    assert f"On {10 - len(far)} of the 10 sets the bare command is ahead or less than 3 % behind" in " ".join(
        PAGE.split()
    )
    assert all(f"`{name}`" in PAGE for name in far)
