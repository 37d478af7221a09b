"""The tables of quantised codes and of generators on their page are those of the results."""

import json
from pathlib import Path

import pytest

from experiments import generators, tokenizers

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "quantised.md").read_text()


def kept(name):
    return json.loads((ROOT / "results" / f"{name}.json").read_text())


def test_the_tables_are_those_of_the_results():
    found = kept("tokenizers")["rows"]
    for peer in (False, True):
        assert tokenizers.table([row for row in found if ("peer" in row["quantiser"]) == peer]) in PAGE
    made = kept("generators")
    assert generators.table([*made["baselines"], *made["rows"]]) in PAGE


def test_ours_rebuilds_better_in_every_cell():
    cells = {(row["codes"], row["quantiser"], row["seed"]): row["squared_error"] for row in kept("tokenizers")["rows"]}
    raced = [(codes, kind, seed) for codes, kind, seed in cells if "peer" in kind]
    assert raced
    for codes, kind, seed in raced:
        assert cells[codes, kind.partition(",")[0], seed] < cells[codes, kind, seed]


@pytest.mark.parametrize("generator", ["vae_gan", "vq + transformer", "fsq + transformer"])
def test_every_generator_is_nearer_than_the_plain_one(generator):
    ordering = [found for found in kept("generators")["ordering"] if found["better"] == generator]
    assert ordering
    assert all(found["worse"] == "vae" and found["low"] > 0 for found in ordering)
