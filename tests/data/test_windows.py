"""`--window`: a long series as events, split by time."""

import numpy as np
import pytest

from aelab import data
from aelab.errors import ConfigError

X = np.cumsum(np.random.default_rng(0).normal(size=(200, 2)), 0).astype(np.float32)


@pytest.mark.parametrize("form", ["npy", "one", "csv"])
@pytest.mark.parametrize("stride", [0, 3])
def test_windows_are_slices_and_splits_share_no_step(tmp_path, form, stride):
    path = tmp_path / f"a.{'csv' if form == 'csv' else 'npy'}"
    if form == "csv":
        np.savetxt(path, X, delimiter=",", header="a,b", comments="", fmt="%.9g")
    else:
        np.save(path, X if form == "npy" else X[None])
    splits = data.load(f"{path.suffix[1:]}:{path}", window=10, stride=stride)
    assert splits.spec.shape == (10, 2)
    for part, (start, end) in {"train": (0, 160), "validation": (160, 180), "test": (180, 200)}.items():
        wanted = [X[i : i + 10] for i in range(start, end - 9, stride or 10)]
        np.testing.assert_array_equal(getattr(splits, part).x, wanted)
    np.testing.assert_allclose(splits.spec.shift, splits.train.x.reshape(-1, 2).mean(0, dtype=float), rtol=1e-6)
    assert "split by time" in splits.notes[0]


def test_a_series_of_one_channel_and_one_for_testing(tmp_path):
    np.savez(tmp_path / "a.npz", x_train=X[:, 0], x_test=X[:35, 1])
    splits = data.load(f"npz:{tmp_path / 'a.npz'}", window=10, validation=0)
    assert [len(splits.train), splits.validation, len(splits.test)] == [20, None, 3]
    np.testing.assert_array_equal(splits.test.x[1, :, 0], X[10:20, 1])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"window": 30}, "--window: 30 steps, 30 apart, need 30 for .*leaves 20"),
        ({"stride": 3}, "--stride: .*give --window too"),
        ({"window": 10, "kind": "image"}, "--kind: windows are series"),
    ],
)
def test_what_cannot_be_cut_is_said(tmp_path, options, words):
    np.save(tmp_path / "a.npy", X)
    with pytest.raises(ConfigError, match=words):
        data.load(f"npy:{tmp_path / 'a.npy'}", **options)
