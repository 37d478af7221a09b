"""Pictures of what `aelab apply` made: black is what a model sees as 0, white what it sees as 1."""

import numpy as np
import pytest
from PIL import Image

from aelab.apply.outputs import save
from aelab.data.source import Spec

SHAPE = (1, 3, 1)
SPECS = {
    "bytes": Spec(SHAPE, "uint8", "unit", scale=255.0),
    "shifted_bytes": Spec(SHAPE, "uint8", "unit", scale=200.0, shift=50.0),
    "sixteen_bits": Spec(SHAPE, "uint16", "unit", scale=65535.0),
    "shifted_floats": Spec(SHAPE, "float32", "unit", scale=2.0, shift=-1.0),
}


CASES = [(name, "stored") for name in SPECS] + [(name, "shares") for name in SPECS if "floats" not in name]


@pytest.mark.parametrize(("name", "form"), CASES)
def test_a_picture_runs_from_black_to_white(name, form, tmp_path):
    spec = SPECS[name]
    share = np.array([0, 0.2, 1], np.float32).reshape(1, *SHAPE)
    events = share if form == "shares" else (share * spec.scale + spec.shift).astype(spec.dtype)
    save(tmp_path / "drawn", iter([{"events": events}]), spec)
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / "drawn" / "000000.png")), [[0, 51, 255]])
