"""A set in shards is the set it was made from, read by row; whatever is wrong with its files is one line."""

import contextlib
import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aelab import data
from aelab.data import convert, shards
from aelab.data.arrays import ArraySource
from aelab.data.source import Spec
from aelab.errors import DataError

FORMATS = ("npy", "array_record")


@pytest.fixture(params=FORMATS)
def form(request):
    return request.param


def series(n):
    """Events of two channels, labels, lengths and factors that differ from row to row."""
    rng = np.random.default_rng(n)
    spec = Spec((5, 2), "float32", "real", (2.0, 3.0), (0.5, -1.0), 0, ("a", "b"), (0, 1, 2, 3, 4, 5))
    x = rng.normal(size=(n, 5, 2)).astype(np.float32)
    return ArraySource(x, rng.integers(0, 2, n), spec, rng.integers(1, 6, n))


@pytest.fixture
def folder(tmp_path, form, monkeypatch):
    """Small files: three events each."""
    monkeypatch.setattr(convert, "SHARD", 3 * 40)
    monkeypatch.setattr(convert, "PIECE", 2 * 40)
    path = tmp_path / "set"
    path.mkdir()
    convert.write(path, "hand made", {"train": series(10), "test": series(4)}, form)
    return path


def same(mine, theirs):
    assert mine.keys() == theirs.keys()
    for name, values in theirs.items():
        assert mine[name].dtype == values.dtype
        np.testing.assert_array_equal(mine[name], values)


def test_the_files_are_what_the_docstring_says(folder, form):
    names = {path.name for path in folder.iterdir()}
    files = {f"train-0000{i}.{form}" for i in range(4)} | {f"test-0000{i}.{form}" for i in range(2)}
    columns = {f"{split}-{name}.npy" for split in ("train", "test") for name in ("label", "length")}
    assert names == {"info.json"} | files | columns
    if form == "npy":
        np.testing.assert_array_equal(np.load(folder / "train-00003.npy"), series(10).x[9:])


def test_spec_and_fingerprint_are_those_of_the_set_it_was_made_from(folder):
    for split, source in shards.read(folder).items():
        assert source.spec == series(10).spec
        assert source.fingerprint == series({"train": 10, "test": 4}[split]).fingerprint


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=30))
def test_any_rows_in_any_order(made, indices):
    for folder in made:
        batch = shards.read(folder)["train"].get_batch(np.array(indices, int))
        same(batch, series(10).get_batch(np.array(indices, int)))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    patch, folders = pytest.MonkeyPatch(), []
    patch.setattr(convert, "SHARD", 3 * 40)
    for form in FORMATS:
        folders.append(tmp_path_factory.mktemp(form))
        convert.write(folders[-1], "hand made", {"train": series(10), "test": series(4)}, form)
    patch.undo()
    return folders


@pytest.mark.parametrize("index", [-1, 10])
def test_an_event_that_is_not_there(folder, index):
    with pytest.raises(IndexError, match="of 10"):
        shards.read(folder)["train"].get_batch(np.array([3, index]))


def test_several_threads_may_read(folder):
    source = shards.read(folder)["train"]
    orders = [np.random.default_rng(i).integers(0, 10, 50) for i in range(40)]
    with ThreadPoolExecutor(8) as pool:
        for order, batch in zip(orders, pool.map(source.get_batch, orders), strict=True):
            same(batch, series(10).get_batch(order))


@pytest.mark.parametrize("dtype", ["uint8", "bool", "int16", "uint16", "float32", "float64"])
def test_every_dtype_comes_back(tmp_path, form, dtype):
    x = np.random.default_rng(0).integers(0, 2, (7, 3)).astype(dtype)
    convert.write(tmp_path, "x", {"train": ArraySource(x, None, Spec((3,), dtype, "real"))}, form)
    same(shards.read(tmp_path)["train"].get_batch(np.arange(7)), {"x": x})


def test_the_menu_knows_the_kind(folder):
    splits = data.load(f"shards:{folder}")
    assert (len(splits.train), splits.validation, len(splits.test)) == (10, None, 4)


def read_all(folder):
    source = data.load(f"shards:{folder}").train
    return source.get_batch(np.arange(len(source)))


def edit(folder, change):
    info = json.loads((folder / "info.json").read_text())
    change(info)
    (folder / "info.json").write_text(json.dumps(info))


def of_train(**fields):
    return lambda info: info["splits"]["train"].update(fields)


def of_spec(**fields):
    return lambda info: info["spec"].update(fields)


LIES = {
    "schema": lambda info: info.update(schema=2),
    "format": lambda info: info.update(format="../../etc/passwd"),
    "no spec": lambda info: info.pop("spec"),
    "no splits": lambda info: info.update(splits=None),
    "no test": lambda info: info["splits"].pop("test"),
    "a split that leads away": lambda info: info["splits"].update({"../x": info["splits"]["test"]}),
    "a column that leads away": of_train(columns=["../x"]),
    "more events": of_train(examples=11),
    "fewer events": of_train(examples=9),
    "no events": of_train(examples=0),
    "a fraction": of_train(examples=10.0),
    "very many": of_train(examples=2**40),
    "files of no size": of_train(per_file=0),
    "other files": of_train(per_file=5),
    "a list": of_train(examples=[10]),
    "another shape": of_spec(shape=[5, 3]),
    "no shape": of_spec(shape=[]),
    "a huge shape": of_spec(shape=[2**20, 2**20, 2**20]),
    "a huge shape of one scale": of_spec(shape=[2**20, 2**20, 2**20], scale=1.0, shift=0.0),
    "negative": of_spec(shape=[-5, 2]),
    "objects": of_spec(dtype="O"),
    "no dtype": of_spec(dtype="no such"),
    "strings": of_spec(dtype="U4"),
    "values": of_spec(values="odd"),
    "not finite": of_spec(scale=float("nan")),
    "a scale that does not fit": of_spec(scale=[1.0, 2.0, 3.0]),
    "levels in words": of_spec(levels="many"),
    "lengths in words": of_spec(lengths=["many"]),
    "columns in numbers": of_spec(names=[1, 2]),
    "more columns than numbers": of_spec(names=["a", "b", "c"]),
    "missing in words": of_spec(missing="some"),
    "an unknown field": of_spec(colour="red"),
    "labels out of range": of_spec(classes=["a"]),
    "lengths out of range": lambda info: info["spec"].update(shape=[2, 5]),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_info_json_may_not_say(folder, lie):
    edit(folder, LIES[lie])
    with pytest.raises(DataError) as caught:
        read_all(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "[", "[]", "1", "null", '"x"', "[" * 100_000, "\x00", '{"schema": 1}'])
def test_no_other_json_passes(folder, content):
    (folder / "info.json").write_text(content)
    with pytest.raises(DataError, match=r"info\.json"):
        data.load(f"shards:{folder}")


def test_no_folder(tmp_path):
    with pytest.raises(DataError, match="no such folder"):
        data.load(f"shards:{tmp_path / 'none'}")


@pytest.mark.parametrize("name", ["train-00001", "train-label", "train-length"])
@pytest.mark.parametrize("how", ["gone", "empty", "short", "long", "noise", "a folder"])
def test_a_file_that_is_broken_is_named(folder, form, name, how):
    path = folder / f"{name}.{form if name.endswith('1') else 'npy'}"
    content = path.read_bytes()
    path.unlink()
    damaged = {"empty": b"", "short": content[:-5], "long": content + bytes(70_000), "noise": b"\x93NUMPY" * 20_000}
    if how in damaged:
        path.write_bytes(damaged[how])
    elif how == "a folder":
        path.mkdir()
    with pytest.raises(DataError) as caught:
        read_all(folder)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_pickles_are_refused(folder, form):
    if form == "array_record":
        pytest.skip("its records hold no arrays")
    np.save(folder / "train-00001.npy", np.array([{}, {}, {}]), allow_pickle=True)
    with pytest.raises(DataError, match="objects"):
        data.load(f"shards:{folder}")


def test_a_file_that_breaks_while_it_is_read(folder, form):
    source = data.load(f"shards:{folder}").train
    path = folder / f"train-00002.{form}"
    content = path.read_bytes()
    path.write_bytes(content[:90] if form == "npy" else bytes(len(content)))
    with pytest.raises(DataError, match="train-00002"):
        source.get_batch(np.arange(10))


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**30), st.integers(0, 255), st.sampled_from(FORMATS))
def test_no_flipped_byte_ends_in_anything_but_a_data_error(made, tmp_path_factory, place, value, form):
    """Headers, sizes and every byte of array_record are held; a pixel of a .npy file may change unseen."""
    folder = made[FORMATS.index(form)]
    files = sorted(folder.iterdir())
    path = files[place % len(files)]
    content = bytearray(path.read_bytes())
    before = content[place % len(content)]
    content[place % len(content)] = value
    path.write_bytes(content)
    try:
        with contextlib.suppress(DataError):
            read_all(folder)
    finally:
        content[place % len(content)] = before
        path.write_bytes(content)
