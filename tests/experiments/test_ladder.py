"""Events of a ladder of sizes are made of the images that are there."""

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.bench.ladder import RUNGS, save_events, table

ROOT = Path(__file__).parents[2]

IMAGES = np.arange(3 * 28 * 28, dtype=np.uint32).astype(np.uint8).reshape(3, 28, 28, 1)


@pytest.mark.parametrize("shape", sorted({rung.shape for rung in RUNGS.values()}))
def test_events_of_every_rung(tmp_path, shape):
    events = np.load(save_events(IMAGES, shape, 4, tmp_path / "X_TRAIN.npy"))
    assert (events.shape, events.dtype) == ((4, *shape), np.uint8)
    assert np.array_equal(events[0, :28, :28, 0], IMAGES[0, ..., 0]) or shape[2] == 3
    assert np.array_equal(events[..., 0], events[..., -1])


def test_an_enlarged_image_is_the_image_where_it_is_looked_at_again(tmp_path):
    events = np.load(save_events(IMAGES, (64, 64, 3), 3, tmp_path / "X_TRAIN.npy"))
    assert np.array_equal(events[:, ::3, ::3, 1], IMAGES[:, :22, :22, 0])


def test_a_longer_series_goes_on_with_the_next_image(tmp_path):
    events = np.load(save_events(IMAGES, (56, 28, 1), 2, tmp_path / "X_TRAIN.npy"))
    assert np.array_equal(events[0], np.concatenate(list(IMAGES[:2])))


def test_the_page_has_the_table_and_no_rung_is_behind():
    rungs = json.loads((ROOT / "results" / "ladder.json").read_text())["rungs"]
    assert list(rungs) == list(RUNGS)
    page = (ROOT / "docs" / "speed.md").read_text()
    assert table(rungs) in page
    ratios = sorted(rung["ratio"] for rung in rungs.values())
    assert f"ahead on every rung, by {ratios[0]:.2f} to {ratios[-1]:.2f} times" in page
    assert ratios[0] >= 1
