"""`omniglot_small`: drawings read from inside their archive."""

import io
import zipfile

import numpy as np
import pytest
from PIL import Image

from aelab import data
from aelab.errors import DataError


def test_the_real_set_is_the_one_described(data_dir):
    splits = data.load("omniglot_small")
    assert [len(part) for part in splits[2:5]] == [2176, 272, 272]
    assert splits.spec.shape == (105, 105, 1)
    label = np.concatenate([part.label for part in splits[2:5]])
    np.testing.assert_array_equal(np.bincount(label), [20] * 136)
    assert len({name.split("/")[0] for name in splits.spec.classes}) == 5
    assert set(np.unique(splits.train.x)) == {0, 1}
    assert splits.train.x.mean() < 0.1  # ink is 1


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.setenv("AELAB_DATA_DIR", str(tmp_path))
    (tmp_path / "omniglot").mkdir()

    def make(members):
        with zipfile.ZipFile(tmp_path / "omniglot" / "images_background_small1.zip", "w") as file:
            for name, content in members.items():
                file.writestr(name, content)

    return make


def drawing(size=105) -> bytes:
    image = np.ones((size, size), bool)
    image[3] = False
    Image.fromarray(image).save(file := io.BytesIO(), "PNG")
    return file.getvalue()


def test_ink_is_one_and_what_a_mac_adds_is_left_out(write):
    names = [f"images_background_small1/Greek/character0{i}/{j}.png" for i in (1, 2) for j in range(5)]
    write({**dict.fromkeys(names, drawing()), "__MACOSX/images_background_small1/Greek/character01/._0.png": b"x"})
    splits = data.load("omniglot_small", validation=0)
    assert splits.spec.classes == ("Greek/character01", "Greek/character02")
    assert len(splits.train) + len(splits.test) == 10
    np.testing.assert_array_equal(np.flatnonzero(splits.train.x[0, ..., 0].sum(1)), [3])


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"a/b/c/0.png": drawing(104)}, "(104, 104, 1)"),
        ({"a/b/c/0.png": drawing()[:-30]}, "cannot be read"),
        ({"a/../../b/c/0.png": drawing()}, "leads out of the archive"),
        ({"/a/b/c/0.png": drawing()}, "leads out of the archive"),
        ({"a/b.txt": b""}, "too few"),
    ],
)
def test_a_broken_archive_is_named(write, members, words):
    write(members)
    with pytest.raises(DataError, match=r"images_background_small1\.zip") as error:
        data.load("omniglot_small")
    assert words in str(error.value)
