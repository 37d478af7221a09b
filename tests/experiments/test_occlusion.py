"""What the table of holes claims: against whom, on which events, and by how much."""

import numpy as np

from aelab import data
from aelab.baselines.holes import Filler
from experiments import occlusion
from experiments.common.holes import Holes, Rival, psnr

SPEC = data.load("digits").spec
RNG = np.random.default_rng(0)
CLEAN = RNG.random((6, 8, 8, 1)).astype("f4")
HIDDEN = RNG.random(CLEAN.shape) < 0.5
HOLE = Holes(CLEAN, np.where(HIDDEN, 0, CLEAN), HIDDEN)


def constant(value: float, slow: bool = False) -> Filler:
    return Filler(lambda x, hidden: np.where(hidden, value, x), slow=slow)


def test_the_strongest_rival_is_that_of_validation_events_whatever_the_test_says():
    known = [Rival("dark", {}, constant(0.0), 3.0), Rival("grey", {}, constant(0.5), 2.0)]
    rows, (name, theirs) = occlusion.by_hand(occlusion.Config(), SPEC, known, HOLE)
    assert [row["strongest"] for row in rows] == [True, False]
    assert rows[0]["psnr"] < rows[1]["psnr"]
    assert name == "dark"
    np.testing.assert_allclose(theirs, psnr(SPEC, HOLE, np.zeros_like(CLEAN)))


def test_a_slow_rival_is_met_on_the_events_that_it_was_scored_on():
    config = occlusion.Config(biharmonic_images=4)
    _, (name, theirs) = occlusion.by_hand(config, SPEC, [Rival("grey", {}, constant(0.5, slow=True), 3.0)], HOLE)
    guesses = np.stack([np.where(HIDDEN, value, CLEAN) for value in (0.4, 0.6)])
    ours, together = occlusion.leads(SPEC, HOLE, guesses, name, theirs)
    assert ours["events"] == together["events"] == 4
    mean = np.mean([psnr(SPEC, HOLE, guess)[:4] for guess in guesses])
    np.testing.assert_allclose(ours["db"], mean - theirs.mean())
    assert ours["low"] < ours["db"] < ours["high"]
    np.testing.assert_allclose(together["db"], 0, atol=1e-5)  # the mean of both is the rival's grey
    sure = {"db": -0.5, "low": -0.75, "high": 0.25}
    said = occlusion.claims([{"holes": "masking"} | lead | sure for lead in (ours, together)])
    lead = "−0.50 dB (−0.75 to +0.25)"
    assert said == f"- masking: {lead} over grey, aim of 1 dB missed; the mean of 2 nets {lead}"


def test_guesses_outside_of_the_range_of_pixels_are_clipped():
    np.testing.assert_array_equal(psnr(SPEC, HOLE, np.full_like(CLEAN, 7)), psnr(SPEC, HOLE, np.ones_like(CLEAN)))
