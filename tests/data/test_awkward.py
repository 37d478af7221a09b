"""A corpus of awkward files, by kind: each gives its own values, or one line that says what helps."""

import itertools

import numpy as np
import pytest
from PIL import Image

from aelab import data
from aelab.errors import DataError

N = 20
RNG = np.random.default_rng(0)


def values(splits):
    """All events as they are stored, padding as NaN, in no order."""
    found = []
    for part in (splits.train, splits.validation, splits.test):
        batch = part.get_batch(np.arange(len(part)))
        x = batch["x"].astype(np.float64)
        if "length" in batch:
            x[np.arange(x.shape[1]) >= batch["length"][:, None]] = np.nan
        found.append(x.reshape(len(part), -1))
    return sorted(np.concatenate(found).tolist(), key=str)


def same(splits, wanted, tolerance=0.0):
    wanted = np.asarray(wanted, np.float64).reshape(N, -1)
    np.testing.assert_allclose(values(splits), sorted(wanted.tolist(), key=str), rtol=tolerance, atol=tolerance)


DTYPES = ("?", "u1", "i1", "<u2", ">u2", "<i4", ">i4", "<i8", "<f2", "<f4", ">f4", "<f8")
SHAPES = ((N, 3), (N, 4, 5), (N, 9, 2), (N, 4, 5, 3))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_of_any_type_and_layout_keep_their_values(tmp_path, dtype, order, shape):
    kind = np.dtype(dtype).kind
    x = RNG.normal(size=shape) * 30 if kind in "fi" else RNG.integers(0, 2 if kind == "b" else 200, shape)
    x = np.asarray(x).astype(dtype, order=order)
    np.savez(tmp_path / "a.npz", x=x)
    same(data.load(f"npz:{tmp_path / 'a.npz'}"), x.astype(np.float32))


MARKS = {",": "comma", ";": "semicolon", "\t": "tab", "  ": "spaces"}
HEADERS = {
    "none": [],
    "names": ["a,b,c"],
    "quoted": ['"a","b","c"'],
    "units": ["a,b,c", "s,kg,m"],
    "numbers": ["0,1,2"],
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16")
TABLES = [
    case
    for case in itertools.product(MARKS, HEADERS, (".", ","), ENCODINGS, ("\n", "\r\n"))
    if not (case[0] == "," and case[2] == ",")
]


@pytest.mark.parametrize(("mark", "header", "decimal", "encoding", "end"), TABLES[::3])
def test_tables_keep_their_values_however_they_are_written(tmp_path, mark, header, decimal, encoding, end):
    x = (RNG.normal(size=(N, 3)) * 10).round(3)
    lines = [line.replace(",", mark) for line in HEADERS[header]]
    lines += [mark.join(f"{v:.3f}".replace(".", decimal) for v in row) for row in x]
    (tmp_path / "a.csv").write_bytes((end.join(lines) + end).encode(encoding))
    same(data.load(f"csv:{tmp_path / 'a.csv'}"), x, 1e-6)


@pytest.mark.parametrize("pad", ["", "NaN", "?"])
@pytest.mark.parametrize("form", ["ts", "tsv", "txt"])
@pytest.mark.parametrize("ragged", [False, True])
def test_series_keep_their_values_and_lengths(tmp_path, form, pad, ragged):
    steps = 5 + np.arange(N) % 4 if ragged else np.full(N, 8)
    x = np.full((N, 8), np.nan)
    lines = ["@classLabel true 1 2", "@data"] if form == "ts" else []
    for i, n in enumerate(steps):
        x[i, :n] = RNG.normal(size=n).round(4)
        cells = [f"{v:.4f}" for v in x[i, :n]] + ([pad] * (8 - n) if pad else [])
        mark = {"ts": ",", "tsv": "\t", "txt": "  "}[form]
        lines.append(f"{mark.join(cells)}:{i % 2 + 1}" if form == "ts" else mark.join([str(i % 2 + 1), *cells]))
    (tmp_path / f"a.{form}").write_text("\n".join(lines))
    same(data.load(f"ts:{tmp_path / f'a.{form}'}"), x, 1e-6)


MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F")
FORMATS = ("png", "tif", "bmp", "gif", "webp", "ppm")


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("mode", MODES)
def test_pictures_of_any_mode_are_what_pillow_says_or_one_line(tmp_path, mode, suffix):
    for i in range(N):
        grey = Image.fromarray(RNG.integers(0, 256, (5, 6)).astype(np.uint8))
        image = (
            Image.fromarray(RNG.integers(0, 65536, (5, 6)).astype(np.uint16)) if mode == "I;16" else grey.convert(mode)
        )
        try:
            image.save(tmp_path / f"{i:02}.{suffix}")
        except (OSError, ValueError, KeyError) as error:
            pytest.skip(f"Pillow writes no {mode} as {suffix}: {error}")
    with Image.open(tmp_path / f"00.{suffix}") as image:
        refused = image.mode == "F" or (image.mode == "I" and suffix != "ppm")  # whose values have 16 bits
    if refused:
        with pytest.raises(DataError, match=r"32 bits a pixel are not read from pictures; save them as \.npy"):
            data.load(f"images:{tmp_path}")
        return
    splits, wanted = data.load(f"images:{tmp_path}"), []
    for path in sorted(tmp_path.iterdir()):
        with Image.open(path) as image:
            if image.mode in ("I;16", "I"):
                wanted.append(np.asarray(image))
            elif image.has_transparency_data:
                laid = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image.convert("RGBA"))
                wanted.append(np.asarray(laid.convert("L" if splits.spec.shape[-1] == 1 else "RGB")))
            else:
                wanted.append(np.asarray(image.convert("L" if splits.spec.shape[-1] == 1 else "RGB")))
    same(splits, wanted)
