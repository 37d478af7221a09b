"""A user's events on their way into a model and back, for sets whose smallest stored value is not 0."""

from pathlib import Path

import numpy as np
import pytest

from aelab.apply.inputs import as_seen
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
    with pytest.raises(DataError, match="trained on 50 to 250"):
        as_seen(np.rint(x).astype(np.uint8), BYTES, Path("x.npy"))
    seen, back = as_seen(x, BYTES, Path("x.npy"))
    np.testing.assert_array_equal(back(seen(x)), x.astype(np.float32))


@pytest.mark.parametrize(
    ("spec", "value", "said"),
    [(BYTES, 40.0, "50 to 250"), (BYTES, 251.0, "50 to 250"), (FLOATS, -1.5, "-1 to 1"), (FLOATS, 1.5, "-1 to 1")],
)
def test_values_outside_the_range_that_is_stored_are_refused(spec, value, said):
    with pytest.raises(DataError, match=f"trained on {said}"):
        as_seen(np.full((1, 3), value), spec, Path("x.npy"))
