"""Pictures of 16 bits a colour, against the values that were written, and against tifffile."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from aelab import data
from aelab.data.pictures import Form, decode, look
from aelab.errors import DataError

RNG = np.random.default_rng(0)
COLOURS = {1: 0, 2: 4, 3: 2, 4: 6}  # of PNG, by the number of channels
EXACT = Form(0, 3, deep=True)


def deep(*shape):
    return RNG.integers(0, 65536, shape, dtype=np.uint16)


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(x, *more, filtered=0):
    """A PNG of 16 bits, which Pillow cannot write; `filtered` 2 takes from each row the one above it."""
    height, width, channels = x.shape
    rows = np.ascontiguousarray(x, ">u2").reshape(height, -1).view(np.uint8)
    rows = rows if filtered == 0 else np.diff(rows, axis=0, prepend=np.uint8(0)).astype(np.uint8)
    data = zlib.compress(np.pad(rows, [(0, 0), (1, 0)], constant_values=filtered)[:, : rows.shape[1] + 1].tobytes())
    head = struct.pack(">IIBBBBB", width, height, 16, COLOURS[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + b"".join([chunk(b"IHDR", head), *more, chunk(b"IDAT", data), chunk(b"IEND", b"")])


def tiff(x, **how):
    file = io.BytesIO()
    tifffile.imwrite(file, x, photometric="rgb", **how)
    return file.getvalue()


def read(content, form=EXACT, **how):
    file = io.BytesIO(content)
    assert look(file).deep
    return decode(file, form, **how)


def pnm(x, top=65535):
    head = f"P{5 if x.shape[-1] == 1 else 6}\n# made here\n{x.shape[1]} {x.shape[0]}\n{top}\n"
    return head.encode() + x.astype(">u2").tobytes()


WAYS = {
    "png": png,
    "png filtered": lambda x: png(x, filtered=2),
    "tiff": tiff,
    "tiff big-endian": lambda x: tiff(x, byteorder=">"),
    "tiff deflated": lambda x: tiff(x, compression="zlib", predictor=True),
    "tiff in tiles": lambda x: tiff(x, tile=(16, 16)),
    "ppm": pnm,
}


@pytest.mark.parametrize("way", WAYS)
def test_every_bit_of_a_colour_is_read(way):
    x = deep(7, 5, 3)
    found = read(WAYS[way](x))
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, x)


def test_a_folder_of_them_has_every_bit_and_says_nothing_of_lost_ones(tmp_path):
    images = deep(4, 6, 5, 3)
    for i, image in enumerate(images):
        (tmp_path / f"{i}.png").write_bytes(png(image))
    splits = data.load(f"images:{tmp_path}")
    assert (splits.spec.dtype, splits.spec.shape) == ("uint16", (6, 5, 3))
    found = np.concatenate([part.x for part in (splits.train, splits.validation, splits.test)])
    assert {x.tobytes() for x in found} == {x.tobytes() for x in images}
    assert not any("16 bits" in note for note in splits.notes)


def test_the_pages_of_a_tiff_are_read_with_every_bit(tmp_path):
    pages = deep(3, 6, 5, 3)
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="rgb")
    for page, x in enumerate(pages):
        np.testing.assert_array_equal(decode(tmp_path / "a.tif", EXACT, page=page), x)


@pytest.mark.parametrize("write", [png, lambda x: tiff(x, extrasamples=["unassalpha"])])
def test_alpha_is_laid_on_black(write):
    x = deep(7, 5, 4)
    wanted = x[..., :3].astype(float) * x[..., 3:] / 65535
    assert np.abs(read(write(x)) - wanted).max() <= 0.5


def test_grey_with_alpha_is_grey_on_black():
    x = deep(7, 5, 2)
    assert not look(io.BytesIO(png(x))).colour
    wanted = x[..., :1].astype(float) * x[..., 1:] / 65535
    assert np.abs(read(png(x), Form(0, 1, deep=True)) - wanted).max() <= 0.5


def test_a_colour_that_stands_for_nothing_is_black():
    x = deep(3, 4, 3)
    clear = chunk(b"tRNS", struct.pack(">HHH", *x[1, 2]))
    wanted = x.copy()
    wanted[1, 2] = 0
    np.testing.assert_array_equal(read(png(x, clear)), wanted)


def test_grey_of_colours_has_the_weights_of_pillow():
    x = np.repeat(RNG.integers(0, 256, (6, 7, 3), np.uint8).astype(np.uint16) * 257, 1, axis=0)
    pillows = np.asarray(Image.fromarray((x // 257).astype(np.uint8)).convert("L")).astype(int)
    found = read(png(x), Form(0, 1, deep=True))[..., 0]
    assert np.abs(found / 257 - pillows).max() <= 0.51


def test_a_camera_held_upright_gives_an_upright_picture():
    x = deep(4, 6, 3)
    exif = Image.Exif()
    exif[0x0112] = 6
    content = png(x, chunk(b"eXIf", exif.tobytes()[6:]))
    np.testing.assert_array_equal(read(content), np.rot90(x, -1))
    np.testing.assert_array_equal(read(content, upright=False), x)


def test_scaled_they_are_what_each_channel_becomes():
    x = deep(40, 40, 3)
    found = read(png(x), Form(8, 3, deep=True))
    assert found.shape == (8, 8, 3)
    for i in range(3):
        grey = Image.fromarray(x[..., i]).resize((8, 8), Image.Resampling.LANCZOS)
        np.testing.assert_array_equal(found[..., i], np.asarray(grey))


@pytest.mark.parametrize("top", [4095, 65535])
def test_pnm_is_scaled_to_what_its_head_calls_white(top):
    x = RNG.integers(0, top + 1, (5, 4, 1)).astype(np.uint16)
    assert np.abs(read(pnm(x, top), Form(0, 1, deep=True)) - x * (65535 / top)).max() <= 0.5


def test_a_run_of_eight_bits_goes_on_seeing_the_upper_ones():
    x = deep(7, 5, 3)
    np.testing.assert_array_equal(decode(io.BytesIO(png(x)), Form(0, 3)), x >> 8)


def test_colours_in_planes_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", deep(3, 6, 5), photometric="rgb", planarconfig="separate")
    with pytest.raises(DataError, match=r"a\.tif: .*in a plane of its own; save it with the colours side by side"):
        data.load(f"images:{tmp_path}")
