"""Rivals are chosen on validation events, and everyone's outputs are judged alike."""

import numpy as np
import pytest

from aelab.baselines import tuning
from aelab.baselines.denoisers import Denoiser
from aelab.baselines.noisy import Pair
from aelab.baselines.tuning import Axis
from aelab.evaluation.restoration import psnr
from experiments.common import contest, restorers
from experiments.denoise import claims


@pytest.fixture(scope="module")
def seen():
    """Grey events, a third of whose entries are missing."""
    rng = np.random.default_rng(0)
    clean = rng.uniform(0.2, 0.8, (30, 6, 6, 1)).astype(np.float32)
    return Pair(clean, np.where(rng.random(clean.shape) < 0.3, 0, clean).astype(np.float32))


def fill(x, grey):
    return np.full_like(x, grey)


def shift(x, by):
    return x + by


METHODS = {"fill": Denoiser(fill, {"grey": Axis((0.1, 0.2), step=0.1)}), "shift": Denoiser(shift, {"by": (0, 0.5)})}


def test_each_method_has_its_best_setting_and_the_strongest_is_the_best_on_validation_events(seen):
    judge = contest.Judge("masking", unit=True)
    rivals = contest.tuned(METHODS, seen, judge, tuning.tune)
    assert [round(rivals[0].setting["grey"], 6), rivals[1].setting["by"]] == [0.5, 0.5]
    best = contest.strongest(rivals)
    assert best.validation == max(rival.validation for rival in rivals)
    assert contest.strongest(rivals[::-1]).validation == best.validation


def test_the_table_has_the_scores_of_test_events_and_says_which_rival_is_the_strongest(seen):
    judge = contest.Judge("masking", unit=True)
    rivals = contest.tuned(METHODS, seen, judge, tuning.tune)
    found = contest.scored(seen, judge, rivals, contest.Ours({}, {}), 10)
    assert [row["method"] for row in found.baselines] == ["noisy", "fill", "shift"]
    assert [row["method"] for row in found.baselines if row.get("strongest")] == [contest.strongest(rivals).name]
    grey = np.where(seen.noisy == 0, rivals[0].setting["grey"], seen.clean)
    assert found.baselines[1]["psnr"] == pytest.approx(psnr(seen.clean, grey).mean())
    slow = [rival._replace(apply=rival.apply._replace(slow=True)) for rival in rivals]
    assert [row["events"] for row in contest.scored(seen, judge, slow, contest.Ours({}, {}), 10).baselines[1:]] == [
        30,
        10,
    ]


def test_what_no_noise_can_have_changed_is_as_it_was_seen(seen):
    row = contest.Judge("masking", unit=True).scores(seen, fill(seen.clean, 0.5))
    assert row["plain"] == pytest.approx(psnr(seen.clean, fill(seen.clean, 0.5)).mean())
    assert row["psnr"] > row["plain"] + 3
    assert "plain" not in contest.Judge("gaussian", unit=True).scores(seen, seen.noisy)


def test_outputs_are_clipped_to_the_range_of_events_that_have_one(seen):
    far = seen.clean + 9
    np.testing.assert_array_equal(contest.Judge("gaussian", unit=True).finished(seen, far), 1)
    np.testing.assert_array_equal(contest.Judge("gaussian", unit=False).finished(seen, far), far)


def test_a_lead_is_the_difference_of_the_means_over_seeds_and_the_ensemble_is_the_mean_of_what_they_make(seen):
    judge, rng = contest.Judge("gaussian", unit=True), np.random.default_rng(1)
    restored = (seen.clean + 0.05 * rng.normal(size=(3, *seen.clean.shape))).clip(0, 1)
    held = judge.psnr(seen, seen.clean + 0.1)
    facts = {"rival": "shift", "trained_on": "range", "method": "spatial"}
    single, together = contest.ahead(seen, judge, restored, held, facts)
    assert single["db"] == pytest.approx(np.mean([psnr(seen.clean, one).mean() for one in restored]) - 20, abs=1e-4)
    assert together["db"] == pytest.approx(psnr(seen.clean, restored.mean(0)).mean() - 20, abs=1e-4)
    assert together["low"] < together["db"] < together["high"]
    (said,) = claims([{"corruption": "gaussian", "level": 0.1, **row} for row in (single, together)])
    assert said.startswith(f"gaussian 0.1, against shift: spatial (range) +{single['db']:.2f} (")


def test_codes_stand_for_themselves_and_together_by_what_they_were_trained_on():
    runs = [
        restorers.Trained("masking", code, on, seed, run=code + on)  # a run is only handed on
        for code in ("code", "spatial")
        for on in ("range", "0.3")
        for seed in (0, 1)
    ]
    alone = restorers.recipes(runs, together=False)
    assert [run.run for run in alone["spatial", "0.3"]] == ["spatial0.3"] * 2
    both = restorers.recipes(runs, together=True)
    assert list(both) == [*alone, ("both", "range"), ("both", "0.3")]
    assert {run.run for run in both["both", "range"]} == {"coderange", "spatialrange"}
    assert restorers.seeds(both["both", "range"]) == [0, 1]
