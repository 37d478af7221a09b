"""Look at a data set, prepare one of TFDS, write one as shards."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import tyro

from aelab.cli.fields import OptionalPath, Switch
from aelab.config import DataOptions
from aelab.errors import ConfigError


@dataclass(frozen=True)
class Info(DataOptions):
    """What a set is: shape, range, examples of each class in each split, mean and deviation, fingerprints, licence."""

    data: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")] = field()  # what --data takes
    picture: Annotated[OptionalPath, tyro.conf.arg(metavar="FILE.png")] = None  # draw some events of each class
    json: Switch = False  # one JSON object

    def run(self) -> None:
        from aelab import data
        from aelab.cli import data_picture, data_summary

        if self.picture and self.picture.suffix.lower() != ".png":
            raise ConfigError(f"--picture: {self.picture}: give a name that ends in .png")
        splits = data.load(self)
        about = data_summary.describe(splits)
        if self.picture:
            data_picture.draw(splits, self.picture)
        if self.json:
            return print(json.dumps(about))
        data_summary.show(about)
        if self.picture:
            print(f"picture: {self.picture}")


@dataclass(frozen=True)
class Prepare:
    """Prepare a set in the TFDS folder, TFDS_DATA_DIR, as array_record; the network is used only with --download."""

    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")]  # as in TFDS: mnist, fashion_mnist, …
    download: Switch = False  # fetch from the network what is not there
    manual_dir: Annotated[OptionalPath, tyro.conf.arg(metavar="FOLDER")] = None  # where the files are

    def run(self) -> None:
        from aelab.data import tfds, tfds_prepare

        name = self.name.removeprefix("tfds:")
        files = self.manual_dir or tfds.canonical_folder(name)
        folder = tfds_prepare.prepare(name, tfds.tfds_root(), download=self.download, manual_dir=files)
        print(f"prepared: {folder}; use it with --data tfds:{name}")


@dataclass(frozen=True)
class Convert(DataOptions):
    """Write a set as .npy or array_record shards, which a run streams: its splits, spec and fingerprints stay."""

    data: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SRC")] = field()  # what --data takes
    folder: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="DST")] = field(kw_only=True)  # a new folder
    to: Literal["npy", "array_record"] = "npy"  # format of the files

    def run(self) -> None:
        from aelab.data.convert import convert

        convert(self, self.folder, to=self.to)
        print(f"converted: {self.folder}; use it with --data shards:{self.folder}")
