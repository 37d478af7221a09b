"""`tfds:mnist` and `tfds:fashion_mnist`: the real ones, and every place where they may be found."""

import json
import sys
import time

import numpy as np
import pytest

from aelab import data
from aelab.data import tfds
from aelab.errors import ConfigError, DataError

COUNTS = {
    "mnist": (
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    ),
    "fashion_mnist": ([6000] * 10, [1000] * 10),
}
STATISTICS = {
    "mnist": ((0.1307, 0.3081), (0.1325, 0.3105)),
    "fashion_mnist": ((0.2860, 0.3530), (0.2868, 0.3524)),
}


@pytest.mark.parametrize("name", tfds.SETS)
def test_the_real_sets_have_their_sizes_classes_and_statistics(data_dir, monkeypatch, tmp_path, name):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    parts = data.load(f"tfds:{name}", validation=0)
    assert parts.name == f"tfds:{name}"
    assert (len(parts.train), len(parts.test)) == (60_000, 10_000)
    assert parts.train.get_batch(np.arange(2))["x"].shape == (2, 28, 28, 1)
    for part, counts, (mean, std) in zip((parts.train, parts.test), COUNTS[name], STATISTICS[name], strict=True):
        assert np.bincount(part.label).tolist() == counts
        assert part.x.mean() / 255 == pytest.approx(mean, abs=1e-4)
        assert part.x.std() / 255 == pytest.approx(std, abs=1e-4)


def test_a_tenth_of_train_is_held_out(data_dir, monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    parts = data.load("tfds:mnist")
    assert [len(part) for part in parts[2:5]] == [54_000, 6_000, 10_000]


@pytest.fixture
def places(monkeypatch, tmp_path):
    """Empty folders for TFDS, canonical files and Debian's package."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    monkeypatch.setenv("AELAB_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(tfds, "DEBIAN", tmp_path / "debian")
    return tmp_path


@pytest.fixture
def pairs(images):
    """Name -> small train and test whose means are those of the set."""
    return lambda name: tuple(images(mean, n) for mean, n in zip(tfds.SETS[name].means, (40, 20), strict=True))


@pytest.mark.parametrize(
    "name", ["tfds:", "tfds:MNIST", "tfds:../mnist", "tfds:mnist/../..", "tfds:mnist:x", "tfds:a\nb"]
)
def test_no_odd_name_reaches_the_disk(name):
    with pytest.raises(DataError, match="is no name of TFDS") as caught:
        data.load(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["tfds:cifar10", "tfds:d4rl/x:1.0.0"])
def test_other_sets_are_told_what_prepares_them(places, no_network, name):
    with pytest.raises(DataError, match=r"aelab data prepare \w+ --download \(with the extra aelab\[tfds-prepare\]"):
        data.load(name)


@pytest.mark.parametrize("name", ["tfds:mnist/3.0.1", "tfds:mnist:9.0.0"])
def test_a_version_that_is_not_there_is_not_replaced(places, pairs, write_folder, name):
    write_folder(places / "data" / "mnist", *pairs("mnist"))
    with pytest.raises(DataError, match="not on this machine"):
        data.load(name)


@pytest.mark.parametrize("name", tfds.SETS)
def test_a_missing_set_is_told_within_a_second(places, no_network, name):
    start = time.perf_counter()
    with pytest.raises(DataError, match=f"AELAB_DATA_DIR to a folder with {name}/train-images") as caught:
        data.load(f"tfds:{name}")
    assert time.perf_counter() - start < 1
    assert "\n" not in str(caught.value)
    assert "TFDS_DATA_DIR" in str(caught.value)
    assert ("apt install dataset-fashion-mnist" in str(caught.value)) == (name == "fashion_mnist")


def test_canonical_files_come_before_debians_package(places, pairs, write_folder):
    train, test = pairs("fashion_mnist")
    write_folder(places / "debian", train, test)
    assert len(data.load("tfds:fashion_mnist", validation=0).train) == 40
    write_folder(places / "data" / "fashion_mnist", (train[0][:30], train[1][:30]), test)
    assert len(data.load("tfds:fashion_mnist", validation=0).train) == 30
    with pytest.raises(DataError, match="not on this machine"):
        data.load("tfds:mnist")


@pytest.mark.parametrize(("name", "other"), [("mnist", "fashion_mnist"), ("fashion_mnist", "mnist")])
def test_one_set_never_passes_for_the_other(places, pairs, write_folder, name, other):
    folder = write_folder(places / "data" / name, *pairs(other))
    with pytest.raises(DataError, match=f"{folder}: these are not the images of {name}"):
        data.load(f"tfds:{name}")
    write_folder(folder, pairs(name)[0], pairs(other)[1])
    with pytest.raises(DataError, match=f"{folder}: these are not the images of {name}"):
        data.load(f"tfds:{name}")


@pytest.mark.parametrize(
    ("flag", "options"), [("--split", {"split": "train[:50%]"}), ("--image-size", {"image_size": 14})]
)
def test_what_tfds_alone_can_do_names_how_to_prepare_the_files_that_are_there(
    places, pairs, write_folder, flag, options
):
    folder = write_folder(places / "data" / "mnist", *pairs("mnist"))
    with pytest.raises(ConfigError, match=f"{flag}.*: aelab data prepare mnist --manual-dir {folder}$"):
        data.load("tfds:mnist", **options)


def test_a_folder_with_a_missing_file_names_the_file(places, pairs, write_folder):
    (write_folder(places / "data" / "mnist", *pairs("mnist")) / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte"):
        data.load("tfds:mnist")


@pytest.fixture
def prepare(places, pairs):
    """Name -> the folder where TFDS prepared it as array_record, by a builder that needs no TensorFlow."""
    library = pytest.importorskip("tensorflow_datasets")
    image = pytest.importorskip("PIL.Image")
    library.disable_progress_bar()

    def build(name: str):
        train, test = pairs(name)
        with library.core.registered.skip_registration():

            class Builder(library.core.GeneratorBasedBuilder):
                VERSION = library.core.Version("3.0.1")

                def _info(self):
                    features = {
                        "image": library.features.Image(shape=(28, 28, 1)),
                        "label": library.features.ClassLabel(num_classes=10),
                    }
                    return library.core.DatasetInfo(builder=self, features=library.features.FeaturesDict(features))

                def _split_generators(self, _):
                    return {"train": self._generate_examples(*train), "test": self._generate_examples(*test)}

                def _generate_examples(self, x, label):
                    for i in range(len(x)):
                        yield i, {"image": image.fromarray(x[i]), "label": int(label[i])}  # arrays need TensorFlow

        Builder.name = name
        builder = Builder(data_dir=places / "tfds", file_format="array_record")
        builder.download_and_prepare(download_config=library.download.DownloadConfig(try_download_gcs=False))
        return places / "tfds" / name / "3.0.1"

    return build


@pytest.mark.parametrize("name", tfds.SETS)
def test_a_prepared_set_comes_first_and_has_the_same_events(places, prepare, pairs, write_folder, no_network, name):
    prepare(name)
    write_folder(places / "data" / name, *pairs("mnist"))
    parts = data.load(f"tfds:{name}", validation=0)
    for part, (x, label) in zip((parts.train, parts.test), pairs(name), strict=True):
        found = {event.tobytes(): int(digit) for event, digit in zip(part.x, part.label, strict=True)}
        assert found == {event.tobytes(): int(digit) for event, digit in zip(x, label, strict=True)}


def test_a_damaged_prepared_set_is_named(prepare):
    folder = prepare("mnist")
    record = next(folder.glob("mnist-test.array_record*"))
    record.write_bytes(record.read_bytes()[:-1000])
    with pytest.raises(DataError, match=f"{folder}: cannot be read") as caught:
        data.load("tfds:mnist")
    assert "\n" not in str(caught.value)
    (folder / "dataset_info.json").write_text("{")
    with pytest.raises(DataError, match=f"{folder}/dataset_info.json: cannot be read"):
        data.load("tfds:mnist")


def test_tfrecord_is_passed_over_in_one_line(places, pairs, write_folder, caplog):
    (folder := places / "tfds" / "mnist" / "3.0.1").mkdir(parents=True)
    (folder / "dataset_info.json").write_text(json.dumps({"fileFormat": "tfrecord", "name": "mnist"}))
    write_folder(places / "data" / "mnist", *pairs("mnist"))
    assert len(data.load("tfds:mnist", validation=0).train) == 40
    (record,) = caplog.records
    assert str(folder) in record.getMessage()
    assert "TensorFlow to read tfrecord" in record.getMessage()


def test_without_tfds_the_canonical_files_do(places, prepare, pairs, write_folder, monkeypatch, caplog):
    prepare("mnist")
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", None)  # importing it raises ImportError
    write_folder(places / "data" / "mnist", *pairs("mnist"))
    assert len(data.load("tfds:mnist", validation=0).train) == 40
    assert "tensorflow_datasets" in caplog.text


def test_the_newest_whole_version_is_read(places):
    for version in ("3.0.1", "3.0.10", "3.0.9", "4.0.0.incompleteAB", "incomplete.AB_5.0.0"):
        (folder := places / "tfds" / "mnist" / version).mkdir(parents=True)
        (folder / "dataset_info.json").touch()
    (places / "tfds" / "mnist" / "9.9.9").mkdir()
    assert tfds.prepared_folder("mnist") == places / "tfds" / "mnist" / "3.0.10"
