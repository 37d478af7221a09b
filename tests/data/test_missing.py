"""Values that are missing or not finite: where they are, in arrays of any number of axes."""

import numpy as np
import pytest

from aelab import data
from aelab.errors import DataError


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
@pytest.mark.parametrize("shape", [(20, 3), (20, 4, 5), (20, 4, 5, 3)])
def test_the_place_of_a_value_that_is_not_finite_is_named(tmp_path, shape, bad):
    x = np.random.default_rng(0).normal(size=shape)
    place = (17, *(size - 1 for size in shape[1:]))
    x[place] = bad
    np.save(tmp_path / "a.npy", x)
    with pytest.raises(DataError, match=rf"a\.npy: .*\[{', '.join(map(str, place))}\]"):
        data.load(f"npy:{tmp_path / 'a.npy'}")
