"""A fitted estimator comes back from its folder as it was, and a folder that is not whole is refused."""

import numpy as np
import pytest

from aelab.errors import CheckpointError
from aelab.sklearn import Autoencoder
from aelab.sklearn.reading import _bounds
from aelab.sklearn.recipe import experiment


def test_what_was_saved_answers_as_before(fitted, table, tmp_path):
    fitted.save(tmp_path / "model")
    again = Autoencoder.load(tmp_path / "model")
    assert again.get_params() == fitted.get_params()
    for name in ("transform", "score_samples", "predict"):
        np.testing.assert_array_equal(getattr(again, name)(table), getattr(fitted, name)(table))
    assert sorted(path.name for path in (tmp_path / "model").iterdir()) == ["arrays.npz", "estimator.json"]


def test_a_model_that_was_asked_first_in_this_process_can_still_be_trained(fitted, table, tmp_path):
    """What a program traces stays in it: the parts made while the first score is compiled serve all that follow."""
    fitted.save(tmp_path)
    again = Autoencoder.load(tmp_path)
    experiment.cache_clear()
    _bounds.clear_cache()
    again.score_samples(table)
    assert hash(experiment(again.recipe_).model) == hash(experiment(again.recipe_).model)
    again.partial_fit(table)


def test_training_goes_on_behind_it(table, tmp_path):
    model = Autoencoder(2, widths=(8,), batch_size=32, random_state=0).partial_fit(table)
    model.save(tmp_path)
    again = Autoencoder.load(tmp_path)
    np.testing.assert_array_equal(again.partial_fit(table).transform(table), model.partial_fit(table).transform(table))


def test_arrays_hold_no_objects(fitted, tmp_path):
    fitted.save(tmp_path)
    with np.load(tmp_path / "arrays.npz", allow_pickle=False) as arrays:
        assert {"shift", "scale", "step"} <= set(arrays)
        assert all(array.dtype != object for array in arrays.values())


def test_a_damaged_folder_is_refused_in_one_line(fitted, tmp_path):
    with pytest.raises(CheckpointError, match=r"is no folder that Autoencoder\.save wrote"):
        Autoencoder.load(tmp_path)
    fitted.save(tmp_path)
    content = bytearray((tmp_path / "arrays.npz").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "arrays.npz").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"arrays\.npz is not the file that was saved"):
        Autoencoder.load(tmp_path)
