"""`images:`: nothing of a folder is left out in silence, and the scale goes by the bits that are used."""

import numpy as np
import pytest
from PIL import Image

from aelab import data
from aelab.errors import ConfigError, DataError

RNG = np.random.default_rng(0)


def deep(count, bits, size=(7, 9)):
    x = RNG.integers(0, 2**bits, (count, *size)).astype(np.uint16)
    x[0, 0, 0] = 2**bits - 1
    return x


def every(splits):
    parts = [part for part in (splits.train, splits.validation, splits.test) if part is not None]
    return np.concatenate([part.get_batch(np.arange(len(part)))["x"] for part in parts])


def same_events(found, wanted):
    assert sorted(x.tobytes() for x in found) == sorted(x.tobytes() for x in wanted)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_each_page_of_a_tiff_is_an_event_with_the_label_of_its_file(tmp_path, dtype):
    x = RNG.integers(0, np.iinfo(dtype).max, (3, 4, 7, 9)).astype(dtype)
    x[0, 0, 0, 0] = np.iinfo(dtype).max
    for i, pages in enumerate(x):
        (tmp_path / "ab"[i % 2]).mkdir(exist_ok=True)
        first, *more = map(Image.fromarray, pages)
        first.save(tmp_path / "ab"[i % 2] / f"{i}.tif", save_all=True, append_images=more)
    splits = data.load(f"images:{tmp_path}")
    same_events(every(splits), x.reshape(-1, 7, 9, 1))
    parts = (splits.train, splits.validation, splits.test)
    label = np.concatenate([part.get_batch(np.arange(len(part)))["label"] for part in parts])
    assert np.bincount(label).tolist() == [8, 4]
    assert any("12 pictures in 3 files: each page" in note for note in splits.notes)


def test_pages_of_other_sizes_are_named(tmp_path):
    pages = [Image.fromarray(RNG.integers(0, 255, (size, 6)).astype(np.uint8)) for size in (6, 6, 5)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(DataError, match=r"a\.tif, page 2: 6 by 5 pixels.*--image-size"):
        data.load(f"images:{tmp_path}")


def test_more_formats_are_read_and_what_is_no_picture_is_counted(tmp_path):
    x = RNG.integers(0, 256, (6, 8, 8)).astype(np.uint8)
    for image, name in zip(x, ("a.bmp", "b.png", "c.gif", "d.pgm", "e.dib", "f.tif"), strict=True):
        Image.fromarray(image).save(tmp_path / name)
    Image.fromarray(x[0]).save(tmp_path / "g.jfif", format="JPEG")
    for name in ("notes.txt", "more.txt", "table.CSV", "README"):
        (tmp_path / name).write_text("1")
    splits = data.load(f"images:{tmp_path}")
    assert len(every(splits)) == 7
    assert any("left out 4 files that are no pictures: 1 .csv, 2 .txt, 1 without a suffix" in n for n in splits.notes)


def test_sixteen_bits_a_colour_written_in_words_become_eight_and_are_counted(tmp_path):
    for i in range(4):
        values = " ".join(map(str, RNG.integers(0, 65536, 12)))
        (tmp_path / f"{i}.ppm").write_text(f"P3\n2 2\n65535\n{values}\n")
    splits = data.load(f"images:{tmp_path}")
    assert splits.spec.dtype == "uint8"
    assert any("4 of 4 pictures have 16 bits written in words, of which the upper 8" in n for n in splits.notes)


def test_an_animation_gives_its_first_frame_and_that_is_said(tmp_path):
    frames = [Image.fromarray(np.full((6, 6), value, np.uint8)) for value in (10, 200)]
    for name in ("a.gif", "b.gif", "c.gif"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    splits = data.load(f"images:{tmp_path}")
    assert set(every(splits).ravel()) == {10}
    assert any("3 of 3 pictures are animations" in note for note in splits.notes)


@pytest.mark.parametrize(("bits", "top"), [(1, 1), (8, 255), (12, 4095), (16, 65535)])
def test_deep_pictures_are_divided_by_what_as_many_bits_hold_as_are_used(tmp_path, bits, top):
    x = deep(6, bits)
    for i, image in enumerate(x):
        Image.fromarray(image).save(tmp_path / f"{i}.tif")
    splits = data.load(f"images:{tmp_path}")
    same_events(every(splits), x[..., None])
    assert (splits.spec.scale, splits.spec.levels, splits.spec.dtype) == (top, top + 1, "uint16")
    assert any(f"divided by {top};" in note for note in splits.notes) == (bits < 16)


def test_masks_of_zeros_and_ones_are_bits(tmp_path):
    for i in range(5):
        Image.fromarray(RNG.integers(0, 2, (6, 6)).astype(np.uint8)).save(tmp_path / f"{i}.png")
    spec = data.load(f"images:{tmp_path}").spec
    assert (spec.scale, spec.levels, spec.dtype) == (1.0, 2, "uint8")


def test_the_scale_of_pictures_can_be_said(tmp_path):
    x = deep(6, 12)
    for i, image in enumerate(x):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    assert data.load(f"images:{tmp_path}", scale=65535.0).spec.scale == 65535
    with pytest.raises(ConfigError, match=r"--scale: 4000 .* has 4095"):
        data.load(f"images:{tmp_path}", scale=4000.0)
    splits = data.load(f"images:{tmp_path}", scale="standardise", validation=0)
    stored = splits.train.x.astype(float)
    assert splits.spec.values == "real"
    np.testing.assert_allclose([splits.spec.shift[0], splits.spec.scale[0]], [stored.mean(), stored.std()], rtol=1e-9)


def test_scaling_tells_of_no_more_bits_than_are_used(tmp_path):
    for i in range(4):
        x = np.zeros((40, 40), np.uint16)
        x[i : i + 21, 10:30] = 4095  # an edge, at which smoothing overshoots
        Image.fromarray(x).save(tmp_path / f"{i}.png")
    splits = data.load(f"images:{tmp_path}", image_size=17)
    assert splits.spec.scale == 4095
    assert every(splits).max() == 4095
