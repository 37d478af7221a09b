"""Prepare sets in the TFDS folder as array_record; those of the MNIST family without TensorFlow.

The stock builders of that family need TensorFlow only to read gzipped files and to encode pixels. A subclass that
downloads with TFDS, and so checks the digests it knows, but unpacks in Python and hands over Pillow images, writes the
same folder.
"""

import contextlib
import importlib
import io
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from aelab.data import idx
from aelab.data.files import reading, shown
from aelab.data.prepared import file_format
from aelab.data.tfds import folder_of
from aelab.errors import DataError

# Name in TFDS -> its builder's module and class.
FAMILY = {
    "mnist": ("tensorflow_datasets.image_classification.mnist", "MNIST"),
    "fashion_mnist": ("tensorflow_datasets.image_classification.mnist", "FashionMNIST"),
    "kmnist": ("tensorflow_datasets.image_classification.mnist", "KMNIST"),
}
STEMS = {split: [f"{split}-{what}-ubyte.gz" for what in ("images-idx3", "labels-idx1")] for split in ("train", "t10k")}


def prepare(name: str, root: Path, *, download: bool = False, manual_dir: Path | None = None) -> Path:
    """Write the set to `root`, the TFDS folder, and give the folder of its version; what is there already stays.

    The files are taken from `manual_dir`. Only `download` allows a network, for those that are not there.

    Raises:
        DataError: files missing or not those that TFDS knows, or a set that needs TensorFlow.
    """
    there = folder_of(f"tfds:{name}", root)
    if there and file_format(there) == "array_record":
        return there
    if name not in FAMILY:
        return _with_tensorflow(name, root, download=download, manual_dir=manual_dir)
    missing = [file for files in STEMS.values() for file in files if not (manual_dir and (manual_dir / file).is_file())]
    if missing and not download:
        where = shown(manual_dir) if manual_dir else "no folder is given"
        raise DataError(
            f"{name}: {missing[0]} is not there ({where}): name its folder with --manual-dir, set AELAB_DATA_DIR to a "
            f"folder with {name}/{missing[0]} and the other three, or allow --download"
        )
    return _write(_builder(name), name, root, manual_dir)


def _builder(name: str) -> Any:
    """The stock builder's class without its need for TensorFlow."""
    import tensorflow_datasets as tfds
    from PIL import Image

    module, kind = FAMILY[name]
    stock: Any = getattr(importlib.import_module(module), kind)

    def split_generators(self, manager):
        urls = {split: [urljoin(self.URL, file) for file in files] for split, files in STEMS.items()}
        found = manager.download(urls)
        return {part: self._generate_examples(*found[split]) for part, split in (("train", "train"), ("test", "t10k"))}

    def generate_examples(self, images, labels):
        for index, (x, label) in enumerate(zip(idx.read(Path(images)), idx.read(Path(labels)), strict=True)):
            yield index, {"image": Image.fromarray(x), "label": int(label)}

    with tfds.core.registered.skip_registration():  # it must not take the stock builder's place
        fields = {
            "name": name,
            "url_infos": stock.url_infos,  # the digests that TFDS knows
            "pkg_dir_path": stock._get_pkg_dir_path(),
            "__module__": stock.__module__,
            "_split_generators": split_generators,
            "_generate_examples": generate_examples,
        }
        return type(kind, (stock,), fields)


def _write(kind: Any, name: str, root: Path, manual_dir: Path | None) -> Path:
    import tensorflow_datasets as tfds

    with reading(f"tfds:{name}"), _quiet():  # TFDS raises what it likes
        builder = kind(data_dir=root, file_format="array_record")
        if not builder.is_prepared():
            config = tfds.download.DownloadConfig(
                manual_dir=manual_dir,
                # one a set: TFDS takes files of equal names for each other, and Fashion-MNIST would become MNIST
                extract_dir=root / "downloads" / "extracted" / name,
                try_download_gcs=False,
                force_checksums_validation=True,
            )
            builder.download_and_prepare(download_config=config)
        return Path(builder.data_dir)


@contextlib.contextmanager
def _quiet() -> Generator[None]:
    """No bars, sentences and warnings of TFDS; what goes wrong is raised all the same."""
    import tensorflow_datasets as tfds
    from absl import logging

    level = logging.get_verbosity()
    logging.set_verbosity(logging.ERROR)
    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        tfds.enable_progress_bar()
        logging.set_verbosity(level)


def _with_tensorflow(name: str, root: Path, *, download: bool, manual_dir: Path | None) -> Path:
    import importlib.util

    import tensorflow_datasets as tfds

    if not importlib.util.find_spec("tensorflow"):
        raise DataError(f"{name}: TFDS needs TensorFlow once to prepare it: pip install 'aelab[tfds-prepare]'")
    if not download:
        raise DataError(f"{name}: TFDS downloads what it prepares, even beside --manual-dir; allow it with --download")
    return _write(partial(tfds.builder, name), name.replace("/", "_"), root, manual_dir)
