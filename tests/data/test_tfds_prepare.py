"""`aelab data prepare`: the MNIST family from local files, without TensorFlow, without a network."""

import gzip
import importlib.util
import json
import sys
import time

import numpy as np
import pytest

from aelab import data
from aelab.data import idx, tfds, tfds_prepare
from aelab.errors import DataError

library = pytest.importorskip("tensorflow_datasets")


def as_a_set(x, label) -> list[bytes]:
    return sorted(bytes([y]) + event.tobytes() for event, y in zip(x, label.astype(np.uint8), strict=True))


@pytest.mark.long
def test_both_sets_in_one_folder_equal_their_files_and_stock_tfds_reads_them(
    data_dir, tmp_path, monkeypatch, no_network
):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    for name in ("mnist", "fashion_mnist"):
        start = time.process_time()
        folder = tfds_prepare.prepare(name, tmp_path, manual_dir=data_dir / name)
        assert time.process_time() - start < 30  # of this process, whatever else the machine does
        assert folder == tmp_path / name / "3.0.1"
        source = library.data_source(
            name, data_dir=tmp_path, download=False, builder_kwargs={"file_format": "array_record"}
        )
        assert (len(source["train"]), len(source["test"])) == (60_000, 10_000)
        monkeypatch.setenv("AELAB_DATA_DIR", str(tmp_path / "none"))
        splits = data.load(f"tfds:{name}", validation=0)
        pairs = idx.read_folder(data_dir / name)
        for part, pair in zip((splits.train, splits.test), pairs, strict=True):
            assert as_a_set(part.x, part.label) == as_a_set(*pair)
        first = source["test"][0]
        np.testing.assert_array_equal(splits.test.x[0], first["image"])
    assert "tensorflow" not in sys.modules
    assert splits.test.x.mean() / 255 == pytest.approx(0.2868, abs=5e-5)  # Fashion, not MNIST's pixels


@pytest.fixture
def small(tmp_path, monkeypatch, pairs_of, write_folder):
    """Name -> the folder of four small files whose digests TFDS is made to know."""

    def make(name, pairs=None):
        folder = write_folder(tmp_path / "files" / name, *(pairs or pairs_of(name)))
        stock = tfds_prepare._builder(name).__base__
        infos = {
            stock.URL + path.name: library.core.download.checksums.compute_url_info(path) for path in folder.iterdir()
        }
        infos = {
            url: library.core.download.checksums.UrlInfo(**{**info.__dict__, "filename": url.rpartition("/")[2]})
            for url, info in infos.items()
        }
        monkeypatch.setattr(stock, "url_infos", infos)
        return folder

    return make


@pytest.fixture
def pairs_of(images):
    return lambda name: tuple(images(mean, n) for mean, n in zip(tfds.SETS[name].means, (40, 20), strict=True))


def test_equal_file_names_do_not_make_fashion_mnist_of_mnist(small, tmp_path, pairs_of, no_network):
    root = tmp_path / "tfds"
    for name in ("mnist", "fashion_mnist"):
        tfds_prepare.prepare(name, root, manual_dir=small(name))
    for name in ("mnist", "fashion_mnist"):
        source = library.data_source(
            name, data_dir=root, download=False, builder_kwargs={"file_format": "array_record"}
        )
        for split, (x, label) in zip(("train", "test"), pairs_of(name), strict=True):
            found = [source[split][i] for i in range(len(source[split]))]
            stored = np.stack([row["image"][..., 0] for row in found]), np.array([row["label"] for row in found])
            assert as_a_set(*stored) == as_a_set(x, label)


def test_the_format_is_kept_though_a_folder_is_given(small, tmp_path, no_network):
    """TFDS's own `data_source` prepares tfrecord, which needs TensorFlow, as soon as it is given a `data_dir`."""
    folder = tfds_prepare.prepare("mnist", tmp_path / "tfds", manual_dir=small("mnist"))
    assert json.loads((folder / "dataset_info.json").read_text())["fileFormat"] == "array_record"
    for arguments in ({}, {"builder_kwargs": {"file_format": "array_record"}}):
        assert len(library.data_source("mnist", data_dir=tmp_path / "tfds", download=False, **arguments)["train"]) == 40


def test_the_order_of_tfds_is_not_that_of_the_files(small, tmp_path, pairs_of, monkeypatch, no_network):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    tfds_prepare.prepare("mnist", tmp_path / "tfds", manual_dir=small("mnist"))
    train = data.load("tfds:mnist", validation=0).train
    assert (train.x[..., 0] != pairs_of("mnist")[0][0]).any()
    assert as_a_set(train.x, train.label) == as_a_set(*pairs_of("mnist")[0])


def test_preparing_again_does_nothing(small, tmp_path, no_network):
    folder = tfds_prepare.prepare("mnist", tmp_path / "tfds", manual_dir=small("mnist"))
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert tfds_prepare.prepare("mnist", tmp_path / "tfds", manual_dir=tmp_path / "files" / "mnist") == folder
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_preparing_prints_nothing_and_leaves_bars_and_warnings_as_they_were(small, tmp_path, capfd, no_network):
    from absl import logging

    library.enable_progress_bar()
    level = logging.get_verbosity()
    tfds_prepare.prepare("mnist", tmp_path / "tfds", manual_dir=small("mnist"))
    assert capfd.readouterr() == ("", "")
    assert logging.get_verbosity() == level


def test_the_stock_builder_keeps_its_place(small, tmp_path):
    tfds_prepare.prepare("mnist", tmp_path / "tfds", manual_dir=small("mnist"))
    assert library.builder_cls("mnist").__module__.startswith("tensorflow_datasets.")
    assert library.builder_cls("mnist") is tfds_prepare._builder("mnist").__base__


def test_other_files_than_those_tfds_knows_are_refused(small, tmp_path, no_network):
    folder = small("mnist")
    file = folder / "t10k-labels-idx1-ubyte.gz"
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes())[:-1] + b"\x07"))
    with pytest.raises(DataError, match="tfds:mnist: cannot be read") as error:
        tfds_prepare.prepare("mnist", tmp_path / "tfds", manual_dir=folder)
    assert "\n" not in str(error.value)
    assert tfds.prepared_folder("mnist") is None or not (tmp_path / "tfds" / "mnist" / "3.0.1").exists()


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist"])
def test_missing_files_are_told_at_once_and_without_a_network(tmp_path, no_network, name):
    start = time.perf_counter()
    with pytest.raises(DataError, match=r"--manual-dir.*AELAB_DATA_DIR.*--download"):
        tfds_prepare.prepare(name, tmp_path, manual_dir=tmp_path)
    assert time.perf_counter() - start < 1
    assert not list(tmp_path.iterdir())


def test_other_sets_say_that_the_extra_is_needed_once(tmp_path, no_network, monkeypatch):
    with pytest.raises(DataError, match=r"pip install 'aelab\[tfds-prepare\]'"):
        tfds_prepare.prepare("cifar10", tmp_path)
    assert not list(tmp_path.iterdir())


def test_with_the_extra_any_set_is_prepared_once(tmp_path, no_network, monkeypatch):
    """As if TensorFlow were there: the set of this test needs none, TFDS's own door does the rest."""

    class AelabDots(library.core.GeneratorBasedBuilder):
        VERSION = library.core.Version("1.0.0")
        pkg_dir_path = tmp_path

        def _info(self):
            features = {"x": library.features.Tensor(shape=(2,), dtype=np.float32)}
            return self.dataset_info_from_configs(features=library.features.FeaturesDict(features))

        def _split_generators(self, _):
            return {"train": self._generate_examples()}

        def _generate_examples(self):
            yield from enumerate({"x": np.full(2, i / 9, np.float32)} for i in range(9))

    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *_: name if name == "tensorflow" else found(name))
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "tfds"))
    with pytest.raises(DataError, match="allow it with --download"):
        tfds_prepare.prepare("aelab_dots", tmp_path / "tfds")
    folder = tfds_prepare.prepare("aelab_dots", tmp_path / "tfds", download=True)
    assert folder == tmp_path / "tfds" / "aelab_dots" / "1.0.0"
    assert len(data.load("tfds:aelab_dots", validation=0).train) == 8
    assert tfds_prepare.prepare("aelab_dots", tmp_path / "tfds") == folder  # what is there asks for nothing


@pytest.mark.parametrize("name", ["../mnist", "MNIST", "", "a b"])
def test_an_odd_name_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="is no name of TFDS"):
        tfds_prepare.prepare(name, tmp_path)
