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
    found = np.asarray(Image.open(tmp_path / "drawn" / "000000.png"))
    np.testing.assert_array_equal(found, [[0, 13107, 65535]] if name == "sixteen_bits" else [[0, 51, 255]])
    assert found.dtype == (np.uint16 if name == "sixteen_bits" else np.uint8)


def test_columns_say_layer_row_column_and_channel(tmp_path):
    rng = np.random.default_rng(0)
    grid, layers = rng.normal(size=(2, 1, 2, 2)), (rng.normal(size=(2, 2)), rng.normal(size=(2, 1)))
    for name, codes in {"grid": grid, "layers": layers, "vector": grid[:, 0, 0], "number": grid[:, 0, 0, :1]}.items():
        save(tmp_path / f"{name}.csv", iter([{"codes": codes}]), SPECS["bytes"])
    heads = {file.stem: file.read_text().splitlines()[0] for file in tmp_path.glob("*.csv")}
    assert heads == {
        "grid": "codes0_0_0,codes0_0_1,codes0_1_0,codes0_1_1",
        "layers": "z1_0,z1_1,z2_0",
        "vector": "codes0,codes1",
        "number": "codes",
    }
    rows = np.loadtxt(tmp_path / "layers.csv", delimiter=",", skiprows=1)
    np.testing.assert_allclose(rows, np.concatenate(layers, 1), rtol=1e-6)


def test_batches_of_layers_are_joined_layer_by_layer(tmp_path):
    batches = [{"codes": (np.full((2, 3), i), np.full((2, 1), 10 * i))} for i in range(3)]
    for kind in ("npz", "npy"):
        save(tmp_path / f"z.{kind}", iter(batches), SPECS["bytes"])
    with np.load(tmp_path / "z.npz") as found:
        np.testing.assert_array_equal(found["z1"], np.repeat([0, 1, 2], 2)[:, None] * [1, 1, 1])
        np.testing.assert_array_equal(found["z2"], np.repeat([0, 10, 20], 2)[:, None])
        np.testing.assert_array_equal(np.load(tmp_path / "z.npy"), np.concatenate([found["z1"], found["z2"]], 1))
