"""The U-Net beside ours: what it is asked for, kept and refused, how its images are spoilt, and the distance to it."""

import json
import subprocess
import sys
from operator import itemgetter
from pathlib import Path

import numpy as np
import pytest

from aelab import data
from aelab.baselines.noisy import Pair
from aelab.data import DataOptions
from aelab.errors import ConfigError
from experiments import denoise, occlusion
from experiments.common import contest, unet
from experiments.common.holes import Holes

PEERS = Path(__file__).parents[2] / ".peers" / "bin" / "python"
ANSWERS = """
import json, sys
import numpy as np
asked = json.loads(sys.argv[1])
with np.load(asked["images"]) as images:
    assert images["train"].dtype == np.uint8 and asked["scale"] == 16
if asked["seed"] == 9:
    sys.exit("RuntimeError: it went wrong")
with np.load(asked["inputs"]) as given:
    made = {name: given[name][..., :1] for name in given.files}
    shown = {given[name].shape[-1] for name in given.files}
assert shown == {1 + asked["see_hidden"]}
np.savez(asked["out"], parameters=1000 * asked["noise"], **made)
"""
RNG = np.random.default_rng(0)
CLEAN = RNG.random((6, 8, 8, 1)).astype("f4")


@pytest.fixture(scope="module")
def digits():
    return data.load(DataOptions("digits"))


@pytest.fixture
def peer(tmp_path, monkeypatch):
    """A net that changes nothing."""
    script = tmp_path / "peer.py"
    script.write_text(ANSWERS)
    monkeypatch.setattr(unet, "SCRIPT", script)


def config(script, tmp_path, **own):
    return script.Config(data="digits", runs_dir=tmp_path, peers=Path(sys.executable), unet_epochs=2, **own)


def test_rows_of_noise_are_judged_as_everyone_is_and_kept(peer, digits, tmp_path):
    judge = contest.Judge("gaussian", unit=True)
    noise = RNG.normal(size=CLEAN.shape)
    seen = {level: Pair(CLEAN, (CLEAN + level * noise).astype("f4").clip(0, 1)) for level in (0.1, 0.4)}
    rows = unet.noise_rows(config(denoise, tmp_path, unet=(0, 1)), digits.train, judge, seen)
    assert [(row["seed"], row["level"], row["parameters"], row["epochs"]) for row in rows] == [
        (seed, level, 400, 2) for seed in (0, 1) for level in (0.1, 0.4)
    ]
    for row in rows:
        assert row.items() >= judge.scores(seen[row["level"]], seen[row["level"]].noisy).items()
    for kept in (tmp_path / "unet").glob("restored-*.npz"):
        np.savez(kept, parameters=7, **{"0.1": CLEAN, "0.4": CLEAN})
    again = unet.noise_rows(config(denoise, tmp_path, unet=(0, 1)), digits.train, judge, seen)
    assert {row["parameters"] for row in again} == {7}
    more = {level: pair._replace(noisy=pair.clean) for level, pair in seen.items()}  # other inputs: nothing is kept
    assert {row["mse"] for row in unet.noise_rows(config(denoise, tmp_path, unet=(0,)), digits.train, judge, more)} == {
        0
    }


def test_rows_of_holes_show_the_net_where_they_are(peer, digits, tmp_path):
    hidden = RNG.random(CLEAN.shape) < 0.5
    cut = {kind: Holes(CLEAN, np.where(hidden, 0, CLEAN), hidden) for kind in ("halves", "masking")}
    rows = unet.hole_rows(config(occlusion, tmp_path, unet=(0,)), digits.train, cut, 0.5)
    assert [row["holes"] for row in rows] == ["halves", "masking"]
    np.testing.assert_allclose([row["mse"] for row in rows], np.square(CLEAN[hidden]).mean(), rtol=0.1)


def test_a_net_that_fails_is_quoted_and_what_it_does_not_take_is_refused(peer, digits, tmp_path):
    asked = config(denoise, tmp_path, unet=(9,))
    with pytest.raises(ConfigError, match=r"^U-Net: masking, seed 9: RuntimeError: it went wrong"):
        unet.restored(asked, digits.train, 9, {"0.3": CLEAN}, corruption="masking", noise=0.3)
    unet.require(asked, digits.spec)
    with pytest.raises(ConfigError, match=r"^--unet: it takes grey images alone"):
        unet.require(asked, digits.spec._replace(shape=(7, 8, 1)))
    with pytest.raises(ConfigError, match=r"^--peers: no .*nowhere; `make peers`"):
        unet.require(denoise.Config(unet=(0,), peers=tmp_path / "nowhere"), digits.spec)
    unet.require(denoise.Config(peers=tmp_path / "nowhere"), digits.spec)  # none is asked for


def test_the_distance_is_that_of_the_means_over_seeds():
    place, at = itemgetter("corruption", "level"), {"corruption": "masking", "level": 0.3}
    leads = [at | {"method": "spatial", "trained_on": "range", "ensemble": own} for own in (False, True)]
    names = ["spatial", "spatial", "spatial, ensemble", "code"]
    rows = [at | {"method": name, "trained_on": "range", "psnr": 20.0 + i} for i, name in enumerate(names)]
    other = {"corruption": "masking", "level": 0.1, "method": "U-Net", "psnr": 0.0}
    theirs = [at | {"method": "U-Net", "trained_on": "range", "psnr": psnr} for psnr in (20.0, 22.0)]
    found = unet.distances(leads, rows, [*theirs, other], place)
    assert [row["db"] for row in found] == [-0.5, 1.0]
    line = (
        "masking 0.3, against the U-Net: spatial −0.50 dB, aim of at least −0.3 dB missed; spatial, ensemble +1.00 dB"
    )
    assert unet.said(found, place) == f"\n- {line}"
    assert unet.said(unet.distances(leads, rows, [], place), place) == ""


SPOILT = """
import json, sys
import torch
sys.path.insert(0, sys.argv[1])
import unet
torch.manual_seed(0)
x = 0.25 + 0.5 * torch.rand(3000, 1, 28, 28)
found = {}
for name, spoil in unet.KINDS.items():
    shown, hidden = spoil(x, torch.full((3000, 1, 1, 1), 0.5))
    changed = (shown != x).float()
    places = changed.mean((0, 1))
    found[name] = [float(shown.mean()), float(changed.mean()), float(changed.sum((1, 2, 3)).std())]
    found[name] += [float(places[0, 0]), float(places[13, 13]), float(places[3, 20])]
print(json.dumps(found))
"""


@pytest.mark.long
def test_its_images_are_spoilt_as_ours_are():
    """By numbers that tell kinds of holes and noise apart, over 3,000 images each."""
    if not PEERS.exists():
        pytest.skip("no environment of the peers: `make peers` makes it")
    import jax

    from aelab import corruptions
    from aelab.batch import Batch

    x = 0.25 + 0.5 * RNG.random((3000, 28, 28, 1)).astype("f4")
    batch = Batch(inputs=x, targets=x, index=np.arange(3000))
    done = subprocess.run([PEERS, "-c", SPOILT, str(unet.SCRIPT.parent)], capture_output=True, text=True, check=True)
    for name, theirs in json.loads(done.stdout).items():
        shown = np.asarray(corruptions.menu[name](jax.random.key(0), batch, 0.5).inputs)
        changed = (shown != x).astype(float)
        places = changed.mean((0, 3))
        ours = [shown.mean(), changed.mean(), changed.sum((1, 2, 3)).std()]
        ours += [places[0, 0], places[13, 13], places[3, 20]]
        np.testing.assert_allclose(theirs, ours, rtol=0.05, atol=0.04, err_msg=name)
