"""Hand-made sets that the readers take for real ones."""

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(autouse=True, scope="session")
def own_cache(tmp_path_factory):
    """What is decoded is cached here, and not where the user's own sets are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def idx_bytes():
    """Array of bytes -> content of an IDX file."""

    def encode(array: np.ndarray) -> bytes:
        return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()

    return encode


@pytest.fixture
def images():
    """(mean in [0, 1], count) -> images of 28 by 28, no two alike, and labels; the mean holds to a thousandth."""

    def draw(mean: float, count: int) -> tuple[np.ndarray, np.ndarray]:
        one = np.where(np.arange(784) < round(784 * mean), 255, 0).astype(np.uint8)
        return np.stack([np.roll(one, i).reshape(28, 28) for i in range(count)]), np.arange(count, dtype=np.uint8) % 10

    return draw


@pytest.fixture
def write_folder(idx_bytes):
    """(folder, train, test) -> the four canonical files."""

    def write(folder: Path, train, test) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for split, (x, label) in {"train": train, "t10k": test}.items():
            (folder / f"{split}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(x)))
            (folder / f"{split}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(label)))
        return folder

    return write


@pytest.fixture
def prepare(tmp_path, monkeypatch):
    """(name, features, splits) -> a folder as TFDS writes it, from lists of records."""
    tfds = pytest.importorskip("tensorflow_datasets")
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("AELAB_DATA_DIR", str(tmp_path / "none"))
    tfds.disable_progress_bar()

    def make(name, features, splits, supervised=None, config=None):
        with tfds.core.registered.skip_registration():

            class Builder(tfds.core.GeneratorBasedBuilder):
                VERSION = tfds.core.Version("1.0.0")
                BUILDER_CONFIGS = [tfds.core.BuilderConfig(name=config)] if config else []

                def _info(self):
                    return self.dataset_info_from_configs(
                        features=tfds.features.FeaturesDict(features), supervised_keys=supervised
                    )

                def _split_generators(self, _):
                    return {split: enumerate(records) for split, records in splits.items()}

                def _generate_examples(self):
                    raise NotImplementedError

        Builder.name = name
        Builder.pkg_dir_path = tmp_path
        builder = Builder(data_dir=tmp_path, file_format="array_record")
        builder.download_and_prepare(download_config=tfds.download.DownloadConfig(try_download_gcs=False))
        return builder

    return make
