"""Rows of the peer beside ours: what it is asked for, kept, and refused."""

import json
import sys
from pathlib import Path

import pytest

from aelab import data
from aelab.data import DataOptions
from aelab.errors import ConfigError
from experiments import tokenizers
from experiments.common import peer_tokenizers

ANSWERS = """
import json, sys
import numpy as np
asked = json.loads(sys.argv[1])
with np.load(asked["data"]) as images:
    assert images["train"].dtype == np.uint8 and images["test"].shape[1:] == (8, 8)
if asked["levels"] == [8, 6, 5]:
    sys.exit("RuntimeError: the grid is too fine")
print("a library that talks")
print(json.dumps({"squared_error": 3.0, "perplexity": float(asked["steps"]), "usage": asked["lr"]}))
"""


@pytest.fixture
def digits():
    return data.load(DataOptions("digits"))


@pytest.fixture
def peer(tmp_path, monkeypatch):
    """A peer that answers at once."""
    script = tmp_path / "peer.py"
    script.write_text(ANSWERS)
    monkeypatch.setattr(peer_tokenizers, "SCRIPT", script)
    return script


def config(tmp_path, **own):
    return tokenizers.Config(data="digits", epochs=2, runs_dir=tmp_path, peers=Path(sys.executable), **own)


def test_a_row_is_asked_for_once_with_the_steps_of_ours(peer, digits, tmp_path):
    ours = config(tmp_path, batch_size=100)
    row = tokenizers.rival(ours, digits, 64, "residual", 3, "alike")
    steps = 2 * -(-len(digits.train) // 100)
    assert row == {
        "codes": 64, "quantiser": "residual, peer (alike)", "seed": 3, "squared_error": 3.0, "perplexity": steps,
        "usage": ours.lr,
    }  # fmt: skip
    assert tokenizers.rival(ours, digits, 64, "residual", 3, "example")["usage"] == 3e-4  # the rate of its example
    peer.write_text(ANSWERS.replace("3.0", "4.0"))
    assert tokenizers.rival(ours, digits, 64, "residual", 3, "alike")["squared_error"] == 4.0  # another script
    for path in (tmp_path / "tokenizers-peer").glob("*.json"):
        path.write_text(json.dumps({"squared_error": 5.0}))
    assert tokenizers.rival(ours, digits, 64, "residual", 3, "alike")["squared_error"] == 5.0  # kept


def test_a_peer_that_fails_is_quoted_and_nothing_is_kept(peer, digits, tmp_path):
    with pytest.raises(
        ConfigError, match=r"^vector-quantize-pytorch \(alike\): fsq of 256 codes, seed 0: RuntimeError"
    ):
        tokenizers.rival(config(tmp_path), digits, 256, "fsq", 0, "alike")
    assert not list((tmp_path / "tokenizers-peer").glob("*.json"))


def test_what_the_peer_has_no_net_for_is_refused(digits, tmp_path):
    with pytest.raises(ConfigError, match=r"^--peers: no .*nowhere; `make peers`"):
        peer_tokenizers.require(tmp_path / "nowhere", digits, "conv")
    with pytest.raises(ConfigError, match=r"^--rivals: the peer has the net conv alone"):
        peer_tokenizers.require(Path(sys.executable), digits, "mlp")
    peer_tokenizers.require(Path(sys.executable), digits, "conv")


def test_rows_without_a_likelihood_leave_their_cells_empty():
    row = {"codes": 64, "quantiser": "vq, peer (alike)", "seed": 0, "squared_error": 8.0, "perplexity": 9, "usage": 0.5}
    assert tokenizers.table([row]).splitlines()[-1] == "| 64 | vq, peer (alike) | 0 |  |  | 8.00 | 9.0 | 50.0 |"
