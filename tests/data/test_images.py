"""`images:`: layouts of folders, formats, sizes and colours, held against Pillow."""

import os

import numpy as np
import pytest
from PIL import Image

from aelab import data
from aelab.data import images
from aelab.data.pictures import decode
from aelab.errors import DataError

RNG = np.random.default_rng(0)


def picture(*shape, seed=0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def fill(folder, count=4, shape=(6, 8, 3), suffix="png"):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        Image.fromarray(picture(*shape, seed=i)).save(folder / f"{i}.{suffix}")
    return folder


def all_of(splits):
    """Every event of a set without a test split, in the order of the files."""
    parts = [splits.train, splits.test]
    return np.concatenate([part.get_batch(np.arange(len(part)))["x"] for part in parts])


def test_a_flat_folder_has_its_pixels_and_no_classes(tmp_path):
    splits = data.load(f"images:{fill(tmp_path, 10)}", validation=0)
    assert splits.spec[:3] == ((6, 8, 3), "uint8", "unit")
    assert splits.spec.classes == ()
    expected = sorted(picture(6, 8, 3, seed=i).tobytes() for i in range(10))
    assert sorted(x.tobytes() for x in all_of(splits)) == expected


def test_folders_are_classes(tmp_path):
    for i, name in enumerate(("owls", "ants")):
        fill(tmp_path / name / "deeper", 5 + i)
    splits = data.load(f"images:{tmp_path}", validation=0)
    assert splits.spec.classes == ("ants", "owls")
    label = np.concatenate([splits.train.label, splits.test.label])
    assert np.bincount(label).tolist() == [6, 5]


def test_folders_of_splits_hold_classes_or_pictures(tmp_path):
    for split, count in {"train": 4, "val": 3, "Test": 2}.items():
        for name in ("a", "b"):
            fill(tmp_path / "nested" / split / name, count)
        fill(tmp_path / "flat" / split, count)
    nested, flat = (data.load(f"images:{tmp_path / name}") for name in ("nested", "flat"))
    assert [len(part) for part in nested[2:5]] == [8, 6, 4]
    assert nested.spec.classes == ("a", "b")
    assert [len(part) for part in flat[2:5]] == [4, 3, 2]
    assert flat.spec.classes == ()


def test_pictures_are_decoded_once_and_again_when_one_changes(tmp_path, monkeypatch):
    decoded = []
    monkeypatch.setattr(images, "decode", lambda path, form, page: decoded.append(path) or decode(path, form))
    name = f"images:{fill(tmp_path, 5)}"
    first, again = (data.load(name, validation=0) for _ in range(2))
    assert sorted(decoded) == sorted(tmp_path.iterdir())
    np.testing.assert_array_equal(all_of(again), all_of(first))
    assert again.train.fingerprint == first.train.fingerprint
    Image.fromarray(picture(6, 8, 3, seed=9)).save(tmp_path / "0.png")
    data.load(f"images:{tmp_path}", validation=0, colour="grey")
    changed = data.load(name, validation=0)
    assert len(decoded) == 15
    assert picture(6, 8, 3, seed=9).tobytes() in [x.tobytes() for x in all_of(changed)]


@pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "tiff", "JPEG"])
def test_each_format_has_the_pixels_pillow_reads(tmp_path, suffix):
    splits = data.load(f"images:{fill(tmp_path, 4, suffix=suffix)}", validation=0)
    expected = sorted(np.asarray(Image.open(path)).tobytes() for path in tmp_path.iterdir())
    assert sorted(x.tobytes() for x in all_of(splits)) == expected


def save_all(folder, image, **options):
    for i in range(4):
        image.save(folder / f"{i}.png", **options)
    return data.load(f"images:{folder}", validation=0)


def test_palettes_and_bits_are_read_as_they_look(tmp_path):
    rgb = Image.fromarray(picture(6, 8, 3))
    (tmp_path / "p").mkdir()
    (tmp_path / "1").mkdir()
    palette = rgb.quantize(16)
    np.testing.assert_array_equal(all_of(save_all(tmp_path / "p", palette))[0], np.asarray(palette.convert("RGB")))
    bits = rgb.convert("1")
    found = save_all(tmp_path / "1", bits)
    assert found.spec.shape == (6, 8, 1)
    np.testing.assert_array_equal(all_of(found)[0, ..., 0], np.asarray(bits) * 255)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_are_kept(tmp_path, suffix):
    deep = RNG.integers(0, 65536, (6, 8), dtype=np.uint16)
    for i in range(3):
        Image.fromarray(deep).save(tmp_path / f"{i}.{suffix}")
    Image.fromarray(picture(6, 8)).save(tmp_path / "3.png")
    splits = data.load(f"images:{tmp_path}", validation=0)
    assert (splits.spec.dtype, splits.spec.scale) == ("uint16", 65535.0)
    found = {x.tobytes() for x in all_of(splits)}
    assert found == {deep.tobytes(), (picture(6, 8).astype(np.uint16) * 257).tobytes()}


def test_alpha_is_laid_on_black_and_that_is_said(tmp_path):
    image = np.dstack([np.full((6, 8, 3), 200, np.uint8), np.full((6, 8), 128, np.uint8)])
    splits = save_all(tmp_path, Image.fromarray(image))
    np.testing.assert_allclose(all_of(splits), 200 * 128 / 255, atol=1)
    assert "4 of 4 pictures have an alpha channel, laid on black" in splits.notes[0]


def test_colour_goes_by_the_pictures_or_by_the_flag(tmp_path):
    fill(tmp_path, 3, shape=(6, 8))
    grey = data.load(f"images:{tmp_path}")
    assert grey.spec.shape == (6, 8, 1)
    assert data.load(f"images:{tmp_path}", colour="rgb").spec.shape == (6, 8, 3)
    Image.fromarray(picture(6, 8, 3)).save(tmp_path / "z.png")
    assert data.load(f"images:{tmp_path}").spec.shape == (6, 8, 3)
    found = all_of(data.load(f"images:{tmp_path}", colour="grey", validation=0))[..., 0]
    expected = [np.asarray(Image.open(path).convert("L")).tobytes() for path in tmp_path.iterdir()]
    assert sorted(x.tobytes() for x in found) == sorted(expected)


def test_the_middle_square_is_cut_and_scaled(tmp_path):
    wide, tall = np.zeros((40, 80, 3), np.uint8), np.zeros((90, 30, 3), np.uint8)
    wide[:, 20:60] = tall[30:60] = 255  # white where the middle square is
    for i, image in enumerate((wide, tall, wide)):
        Image.fromarray(image).save(tmp_path / f"{i}.png")
    splits = data.load(f"images:{tmp_path}", image_size=16)
    assert splits.spec.shape == (16, 16, 3)
    assert (all_of(splits)[:, 1:-1, 1:-1] > 250).all()  # what lies beside a cut still blurs into its edge


def test_a_camera_held_upright_gives_an_upright_picture(tmp_path):
    lying = np.zeros((6, 8), np.uint8)
    lying[:, 0] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    splits = save_all(tmp_path, Image.fromarray(lying), exif=exif)
    assert splits.spec.shape == (8, 6, 1)
    assert (all_of(splits)[:, 0] == 255).all()


def test_broken_metadata_does_no_harm(tmp_path):
    fill(tmp_path, 4, suffix="jpg")
    for path in tmp_path.iterdir():
        content = path.read_bytes()
        path.write_bytes(content[:2] + b"\xff\xe1\x00\x14Exif\0\0MM\0*broken!!!!" + content[2:])
    assert data.load(f"images:{tmp_path}", validation=0).spec.shape == (6, 8, 3)


def test_mixed_sizes_ask_for_a_size(tmp_path):
    fill(tmp_path)
    Image.fromarray(picture(5, 9, 3)).save(tmp_path / "z.png")
    with pytest.raises(DataError, match=r"z\.png: 9 by 5 pixels, 0\.png 8 by 6; give --image-size"):
        data.load(f"images:{tmp_path}")


def test_what_is_no_picture_by_its_name_is_left_alone(tmp_path):
    fill(tmp_path)
    for name in ("notes.txt", "._0.png", ".hidden.jpg", "Thumbs.db"):
        (tmp_path / name).write_text("no picture")
    fill(tmp_path / "__MACOSX", 1)
    assert len(all_of(data.load(f"images:{tmp_path}", validation=0))) == 4


def test_a_large_folder_is_decoded_when_asked_for(tmp_path, monkeypatch):
    fill(tmp_path / "a", 6)
    fill(tmp_path / "b", 6)
    small = data.load(f"images:{tmp_path}")
    monkeypatch.setattr("aelab.data.arrays.RESIDENT", 100)
    large = data.load(f"images:{tmp_path}")
    for mine, theirs in zip(large[2:5], small[2:5], strict=True):
        index = np.arange(len(mine))[::-1]
        for name in ("x", "label"):
            np.testing.assert_array_equal(mine.get_batch(index)[name], theirs.get_batch(index)[name])
    before = large.train.fingerprint
    Image.fromarray(picture(6, 8, 3, seed=99)).save(tmp_path / "a" / "0.png")
    assert data.load(f"images:{tmp_path}").train.fingerprint != before


def test_folders_that_make_no_sense_are_named(tmp_path):
    with pytest.raises(DataError, match="no pictures in it"):
        data.load(f"images:{tmp_path}")
    fill(tmp_path / "a")
    fill(tmp_path)
    with pytest.raises(DataError, match=r"0\.png: beside folders of classes"):
        data.load(f"images:{tmp_path}")
    fill(tmp_path / "train")
    with pytest.raises(DataError, match=r"0\.png: neither in the folder for training"):
        data.load(f"images:{tmp_path}")


def test_links_are_followed_but_not_in_circles(tmp_path):
    fill(tmp_path / "elsewhere")
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "a").symlink_to(tmp_path / "elsewhere")
    assert data.load(f"images:{tmp_path / 'set'}").spec.classes == ("a",)
    (tmp_path / "elsewhere" / "again").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="again: cannot be read: a symbolic link leads back"):
        data.load(f"images:{tmp_path / 'set'}")
    (tmp_path / "elsewhere" / "again").unlink()
    (tmp_path / "elsewhere" / "self.png").symlink_to("self.png")
    with pytest.raises(DataError, match=r"self\.png"):
        data.load(f"images:{tmp_path / 'set'}")


def test_a_name_that_is_not_utf8_is_refused_in_letters_that_print(tmp_path):
    fill(tmp_path)
    os.rename(os.fsencode(tmp_path / "0.png"), os.fsencode(tmp_path) + b"/\xff\n.png")
    with pytest.raises(DataError, match=r"\.png: cannot be read: its name is not UTF-8") as error:
        data.load(f"images:{tmp_path}")
    assert str(error.value).isprintable()
