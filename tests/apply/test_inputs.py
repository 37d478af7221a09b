"""A user's events on their way into a model and back, for sets whose smallest stored value is not 0."""

from pathlib import Path

import numpy as np
import pytest

from aelab import data
from aelab.apply.inputs import as_seen, read
from aelab.data.source import Spec
from aelab.errors import DataError

BYTES = Spec((3,), "uint8", "unit", scale=200.0, shift=50.0)
FLOATS = Spec((3,), "float32", "unit", scale=2.0, shift=-1.0)


@pytest.mark.parametrize("spec", [BYTES, FLOATS], ids=["bytes", "floats"])
def test_a_shift_is_taken_away_and_put_back(spec):
    x = np.array([[0.0, 0.5, 1.0]]) * spec.scale + spec.shift
    seen, back = as_seen(x, spec, Path("x.npy"))
    np.testing.assert_allclose(seen(x), [[0, 0.5, 1]], atol=1e-6)
    assert back(seen(x)).dtype == np.dtype(spec.dtype)
    np.testing.assert_allclose(back(seen(x)), x, atol=1e-6)


def test_stored_values_between_0_and_1_are_no_shares_where_a_set_stores_floats():
    x = np.array([[0.0, 0.5, 1.0]], np.float32)
    seen, _ = as_seen(x, FLOATS, Path("x.npy"))
    np.testing.assert_allclose(seen(x), [[0.5, 0.75, 1]], atol=1e-6)


def test_shares_of_a_set_of_bytes_stay_as_they_are():
    x = np.array([[0.0, 0.5, 1.0]])
    with pytest.raises(DataError, match="bring them into 50 to 250, as the run was trained on"):
        as_seen(np.rint(x).astype(np.uint8), BYTES, Path("x.npy"))
    seen, back = as_seen(x, BYTES, Path("x.npy"))
    np.testing.assert_array_equal(back(seen(x)), x.astype(np.float32))


@pytest.mark.parametrize(
    ("spec", "value", "said"),
    [(BYTES, 40.0, "50 to 250"), (BYTES, 251.0, "50 to 250"), (FLOATS, -1.5, "-1 to 1"), (FLOATS, 1.5, "-1 to 1")],
)
def test_values_outside_the_range_that_is_stored_are_refused(spec, value, said):
    with pytest.raises(DataError, match=f"bring them into {said}, as the run was trained on"):
        as_seen(np.full((1, 3), value), spec, Path("x.npy"))


@pytest.mark.parametrize("form", ["csv", "permuted", "npy", "txt"])
def test_a_long_series_is_cut_as_the_runs_own_was(tmp_path, form):
    x = np.cumsum(np.random.default_rng(0).normal(size=(190, 1 if form == "txt" else 2)), 0).round(3).astype(np.float32)
    if form == "npy":
        np.save(tmp_path / "a.npy", x)
    elif form == "txt":
        (tmp_path / "a.txt").write_text(" ".join(f"{v:.3f}" for v in x[:, 0]))
    else:
        np.savetxt(tmp_path / "a.csv", x, delimiter=",", header="a,b", comments="", fmt="%.3f")
    kind = {"txt": "ts", "npy": "npy"}.get(form, "csv")
    own = tmp_path / f"a.{'txt' if form == 'txt' else kind}"
    options = {"window": 10, "stride": 5, "label_column": "none" if form == "txt" else "auto"}
    asked = data.DataOptions(f"{kind}:{own}", **options)
    splits = data.load(asked)
    source = own
    if form == "permuted":
        assert splits.spec.names == ("a", "b")
        source = tmp_path / "b.csv"
        np.savetxt(source, x[:, ::-1], delimiter=",", header="b,a", comments="", fmt="%.3f")
    given = read(source, splits.spec, asked)
    assert given.x.shape == (37, 10, x.shape[1])
    np.testing.assert_allclose(given.x[2], x[10:20], rtol=1e-6)
    np.testing.assert_array_equal(given.x[: len(splits.train)].astype(np.float32), splits.train.x)
