"""Folders that TFDS prepared: which feature is the event, which its class, and nothing but reading."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from aelab import data
from aelab.errors import ConfigError, DataError

F = pytest.importorskip("tensorflow_datasets").features
RNG = np.random.default_rng(0)


def picture(*shape, kind="PNG", mode=None) -> bytes:
    image = Image.fromarray(RNG.integers(0, 256, shape, dtype=np.uint8))
    (image.convert(mode) if mode else image).save(file := io.BytesIO(), kind)
    return file.getvalue()


def stream(content: bytes):
    return io.BytesIO(content)


def test_pictures_of_one_size_come_with_their_class_names(prepare, no_network):
    contents = [picture(6, 5, 3) for _ in range(20)]
    records = [{"image": stream(c), "label": ["b", "a"][i % 2], "id": i} for i, c in enumerate(contents)]
    prepare(
        "pets",
        {"image": F.Image(shape=(6, 5, 3)), "label": F.ClassLabel(names=["b", "a"]), "id": F.Scalar(np.int64)},
        {"train": records},
    )
    splits = data.load("tfds:pets", validation=0)
    assert splits.spec.classes == ("b", "a")
    assert [len(splits.train), len(splits.test)] == [18, 2]
    both = [
        (x.tobytes(), int(y)) for part in (splits.train, splits.test) for x, y in zip(part.x, part.label, strict=True)
    ]
    expected = [(np.asarray(Image.open(stream(c))).tobytes(), i % 2) for i, c in enumerate(contents)]
    assert sorted(both) == sorted(expected)


def test_pictures_of_any_size_ask_for_one_and_grey_ones_become_rgb(prepare):
    contents = [picture(6 + i, 9, kind="JPEG") if i % 2 else picture(9, 7 + i, 3, kind="JPEG") for i in range(8)]
    prepare("mixed", {"image": F.Image()}, {"train": [{"image": stream(c)} for c in contents]})
    with pytest.raises(DataError, match="give --image-size"):
        data.load("tfds:mixed")
    splits = data.load("tfds:mixed", image_size=5)
    assert splits.spec[:2] == ((5, 5, 3), "uint8")
    assert splits.spec.classes == ()


def test_numbers_are_vectors_standardised_on_train(prepare):
    x = RNG.normal(5, 3, (40, 4)).astype(np.float32)
    features = {"features": F.Tensor(shape=(4,), dtype=np.float32), "species": F.ClassLabel(num_classes=3)}
    records = [{"features": row, "species": i % 3} for i, row in enumerate(x)]
    prepare("flowers", features, {"train": records}, supervised=("features", "species"))
    splits = data.load("tfds:flowers")
    assert splits.spec.values == "real"
    assert splits.spec.classes == ("0", "1", "2")
    np.testing.assert_allclose(splits.spec.shift, splits.train.x.mean(0), rtol=1e-5)


def test_loose_numbers_become_one_vector(prepare):
    features = {"b": F.Scalar(np.float32), "a": F.Scalar(np.int32), "name": F.Text()}
    prepare("loose", features, {"train": [{"b": i / 2, "a": i, "name": "x"} for i in range(10)]})
    splits = data.load("tfds:loose", validation=0)
    assert sorted(map(tuple, splits.train.x.tolist() + splits.test.x.tolist())) == [(i, i / 2) for i in range(10)]


def test_a_set_without_anything_to_learn_is_refused(prepare):
    prepare("words", {"text": F.Text()}, {"train": [{"text": "x"}] * 1})
    with pytest.raises(DataError, match=r"words.*none of its features can be the event: text"):
        data.load("tfds:words")


@pytest.fixture
def numbered(prepare):
    """A set whose events say which record of which split they are."""
    parts = {"train": range(100), "test": range(200, 220), "validation": range(300, 310)}
    records = {split: [{"x": np.full(3, i, np.float32)} for i in numbers] for split, numbers in parts.items()}
    prepare("numbered", {"x": F.Tensor(shape=(3,), dtype=np.float32)}, records)

    def load(**options):
        splits = data.load("tfds:numbered", **options)
        return [sorted(part.x[:, 0].astype(int).tolist()) if part else [] for part in splits[2:5]]

    return load


def test_the_sets_own_splits_are_used(numbered):
    assert numbered(validation=0.5) == [list(range(100)), list(range(300, 310)), list(range(200, 220))]


def test_a_split_expression_says_what_to_train_on(numbered):
    train, validation, test = numbered(split="train[:40%]", validation=0.25)
    assert (len(train), len(validation)) == (30, 10)
    assert test == list(range(200, 220))
    everything = numbered(split="train+validation", validation=0)
    assert everything == [[*range(100), *range(300, 310)], [], list(range(200, 220))]


def test_what_is_trained_on_is_never_tested_on(numbered):
    train, validation, test = numbered(split="train+test", validation=0.1)
    assert not set(train) & set(test)
    assert sorted(train + validation + test) == [*range(100), *range(200, 220)]


@pytest.mark.parametrize("split", ["trian", "train[:0%]", "train[", "train[500:600]"])
def test_an_expression_that_means_nothing_is_a_matter_of_the_flag(numbered, split):
    with pytest.raises(ConfigError, match="--split") as error:
        numbered(split=split)
    assert "\n" not in str(error.value)


def test_a_config_is_found_and_asked_for(prepare):
    records = {"train": [{"x": np.full(2, i / 9, np.float32)} for i in range(9)]}
    for config in ("one", "two"):
        prepare("sorts", {"x": F.Tensor(shape=(2,), dtype=np.float32)}, records, config=config)
        assert len(data.load(f"tfds:sorts/{config}:1.0.0", validation=0).train) == 8
    with pytest.raises(DataError, match=r"prepared as one, two; name one: tfds:sorts/one"):
        data.load("tfds:sorts")


def test_labels_out_of_range_are_refused_and_none_at_all_is_none(prepare):
    features = {"x": F.Tensor(shape=(2,), dtype=np.float32), "label": F.ClassLabel(num_classes=2)}
    train = [{"x": np.full(2, i / 9, np.float32), "label": i % 2} for i in range(9)]
    prepare("half", features, {"train": train, "test": [{**row, "label": -1} for row in train]})
    splits = data.load("tfds:half")
    assert "label" in splits.train.get_batch(np.arange(2))
    assert "label" not in splits.test.get_batch(np.arange(2))
    prepare("bad", features, {"train": [*train, {"x": np.zeros(2, np.float32), "label": -1}]})
    with pytest.raises(DataError, match="label -1 is out of range"):
        data.load("tfds:bad")


def test_a_large_set_is_read_when_asked_for(prepare, monkeypatch):
    records = [{"image": stream(picture(6, 5)), "label": i % 2} for i in range(30)]
    features = {"image": F.Image(shape=(6, 5, 1)), "label": F.ClassLabel(num_classes=2)}
    prepare("many", features, {"train": records})
    small = data.load("tfds:many")
    monkeypatch.setattr("aelab.data.arrays.RESIDENT", 10)
    large = data.load("tfds:many")
    assert not hasattr(large.train, "x")
    for mine, theirs in zip(large[2:5], small[2:5], strict=True):
        index = np.arange(len(mine))[::-1]
        for name in ("x", "label"):
            np.testing.assert_array_equal(mine.get_batch(index)[name], theirs.get_batch(index)[name])


def test_code_that_a_folder_names_is_not_run(prepare, tmp_path):
    builder = prepare(
        "evil", {"x": F.Tensor(shape=(2,), dtype=np.float32)}, {"train": [{"x": np.zeros(2, np.float32)}]}
    )
    (tmp_path / "payload.py").write_text("raise SystemExit('it ran')")
    path = tmp_path / "evil" / "1.0.0" / "features.json"
    said = json.loads(path.read_text())
    said["pythonClassName"] = "payload.Thing"
    path.write_text(json.dumps(said).replace("pythonClass", "python\\u0043lass"))  # the same key, spelt otherwise
    assert builder.is_prepared()
    with pytest.raises(DataError, match=r"features\.json: names code outside TFDS, payload\.Thing"):
        data.load("tfds:evil")


@pytest.mark.parametrize("file", ["features.json", "dataset_info.json"])
@pytest.mark.parametrize("content", ["", "{", "[]", '{"fileFormat": "array_record"}', "\x00"])
def test_a_folder_with_a_broken_file_is_named(prepare, tmp_path, file, content):
    prepare("broken", {"x": F.Tensor(shape=(2,), dtype=np.float32)}, {"train": [{"x": np.zeros(2, np.float32)}]})
    (tmp_path / "broken" / "1.0.0" / file).write_text(content)
    with pytest.raises(DataError, match=r"broken/1\.0\.0") as error:
        data.load("tfds:broken")
    assert error.value.code == 3
    assert "\n" not in str(error.value)
