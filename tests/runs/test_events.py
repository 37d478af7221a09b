"""Events as a model sees them, and the lines of the notebook for a run of every kind."""

import re
from pathlib import Path

import numpy as np
import pytest

import aelab
from aelab import data
from aelab.errors import ConfigError
from aelab.runner import launch
from experiments import vae

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.md"
ENDS = np.array([3, 5, 4, 5] * 5)  # steps of each series


def series(folder: Path) -> np.ndarray:
    """20 series of two channels of very different scales, NaN behind their ends."""
    x = np.random.default_rng(0).normal((5.0, -300.0), (1.0, 40.0), (20, 5, 2)).astype(np.float32)
    x[np.arange(5) >= ENDS[:, None]] = np.nan
    np.savez(folder / "mine.npz", x_train=x, x_test=x)
    return x


def table(folder: Path) -> np.ndarray:
    """20 rows of three columns of different scales, some entries missing, and a class for each."""
    rng = np.random.default_rng(0)
    x = rng.normal((0.0, 100.0, -5.0), (1.0, 10.0, 0.1), (20, 3)).astype(np.float32)
    x[::3, 1] = np.nan
    np.savez(folder / "mine.npz", x_train=x, y_train=np.arange(20) % 2, x_test=x, y_test=np.arange(20) % 2)
    return x


def trained(folder: Path, *flags: str) -> Path:
    """The folder of a run of one epoch, without scores."""
    tiny = ["--latent-dim", "2", "--batch-size", "10", "--epochs", "2", "--until", "1", "--runs-dir", str(folder)]
    assert launch.main(vae.Config, vae.build, ["--data", f"npz:{folder / 'mine.npz'}", *tiny, *flags]) == 0
    return next((folder / "vae").iterdir())


def run_notebook(folder: Path, monkeypatch) -> dict:
    """The names that its first block leaves, beside the runs in a folder."""
    monkeypatch.chdir(folder.parent)
    block = re.findall(r"^```python\n(.*?)^```$", NOTEBOOK.read_text(), re.DOTALL | re.MULTILINE)[0]
    names: dict = {}
    exec(compile(block, "notebook.md", "exec"), names)
    return names


def test_series_of_unequal_length_are_standardised_by_channel_and_masked(tmp_path, monkeypatch):
    folder = tmp_path / "runs"
    folder.mkdir()
    stored = series(folder)
    trained(folder, "--net", "lstm", "--width", "4")
    found = run_notebook(folder, monkeypatch)
    spec = aelab.restore(found["run"]).spec
    assert len(spec.scale) == 2  # of a channel each
    expected = np.nan_to_num((stored[:8] - np.array(spec.shift)) / np.array(spec.scale))
    np.testing.assert_allclose(found["x"], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(found["batch"].mask.sum(1), ENDS[:8])
    assert found["made"].shape == found["again"].shape == found["x"].shape == (8, 5, 2)
    assert np.isfinite(found["again"]).all()


def test_a_conditional_model_of_a_table_with_gaps_is_shown_its_classes(tmp_path, monkeypatch):
    folder = tmp_path / "runs"
    folder.mkdir()
    stored = table(folder)
    trained(folder, "--widths", "4", "--missing", "mask", "--condition", "label")
    found = run_notebook(folder, monkeypatch)
    np.testing.assert_array_equal(found["batch"].counted, ~np.isnan(stored[:8]))
    np.testing.assert_array_equal(found["batch"].condition.argmax(1), np.arange(8) % 2)
    assert found["made"].shape == found["again"].shape == (8, 3)


def test_events_of_a_split_keep_the_order_that_was_asked_for():
    digits = data.load("digits").test
    batch = aelab.events(digits, [4, 0, 4])
    x = digits.get_batch(np.array([4, 0, 4]))["x"]
    np.testing.assert_allclose(batch.inputs, x / 16, rtol=1e-6)
    assert batch.mask is None
    assert len(aelab.events(digits).inputs) == len(digits)


@pytest.mark.parametrize("outside", [-1, 180])
def test_an_event_that_is_not_there_is_one_line(outside):
    digits = data.load("digits").test
    with pytest.raises(ConfigError, match=f"indices: {outside} is none of the {len(digits)} events"):
        aelab.events(digits, [0, outside])


def test_what_is_no_run_is_one_line(tmp_path):
    with pytest.raises(ConfigError, match="not a run folder"):
        aelab.events(tmp_path)
