"""The race of sparse dictionaries: what each side is given, and what is said where the other side is missing."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from aelab.errors import ConfigError
from experiments.bench import dictionaries

OTHER = """
import json, sys, time
sys.path.insert(0, {folder!r})
import protocol
protocol.serve(lambda: time.sleep(0.5), asked=protocol.workload())
"""


def test_both_sides_are_given_the_same_work(tmp_path):
    config = dictionaries.Config(members=3, vectors=40, width=5, units=7)
    ours, theirs = dictionaries.commands(config, tmp_path).values()
    assert ours[-1] == theirs[-1]
    work = json.loads(ours[-1])
    assert (work["members"], work["units"]) == (3, 7)
    vectors = np.load(work["data"])
    assert (vectors.shape, vectors.dtype) == ((40, 5), np.float32)


def test_a_missing_environment_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match=r"--peers: no .*make saelens"):
        dictionaries.raced(dictionaries.Config(peers=tmp_path / "python"))


@pytest.mark.long
def test_the_sides_take_turns(tmp_path, monkeypatch, capsys):
    """Against a program that rests for half a second in each turn."""
    script = tmp_path / "other.py"
    script.write_text(OTHER.format(folder=str(dictionaries.SCRIPT.parent)))
    monkeypatch.setattr(dictionaries, "SCRIPT", script)
    small = {"members": 2, "vectors": 64, "width": 8, "units": 16, "k": 2, "batch": 16, "steps": 2, "rounds": 2}
    dictionaries.run("race", dictionaries.Config(**small, peers=Path(sys.executable), json=True))
    found = json.loads(capsys.readouterr().out)
    assert found["SAELens"]["asked"]["units"] == 16
    rests, turns = found["SAELens"]["seconds"], found["aelab"]["seconds"]
    assert [len(rests), len(turns)] == [2, 2]
    assert min(rests) >= 0.5
    assert found["ratio"] == pytest.approx(np.median(np.divide(rests, turns)))
