"""`aelab data VERB`: what a set is, how one of TFDS is prepared, how any is written as shards."""

import argparse
import dataclasses
import json
import os
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from aelab.config import DataOptions, flag
from aelab.data.source import Source, Splits
from aelab.errors import ConfigError

# Known licences by the name of the set; TFDS says those of its own.
LICENCES = {
    "fashion_small": "MIT",
    "digits": "CC BY 4.0",
    "tfds:mnist": "CC BY-SA 3.0",
    "tfds:fashion_mnist": "MIT",
    "binarized_mnist": "CC BY-SA 3.0 (MNIST)",
    "ecg5000": "ODC-BY 1.0",
    "gunpoint": "free for research (UCR archive)",
    "italypowerdemand": "free for research (UCR archive)",
    "japanesevowels": "free for research (UEA archive)",
    "omniglot_small": "MIT",
    "sprites": "none needed: drawn by aelab",
}
SHOWN = 10  # events of each class in a picture, and rows of it at most


def add(verbs: Any) -> None:
    """Put `data` among the verbs of the command line."""
    own = verbs.add_parser(
        "data", help="look at a data set, prepare one of TFDS, write one as shards", description=__doc__
    )
    inner = own.add_subparsers(dest="data_verb", required=True, metavar="VERB", parser_class=type(own))
    verb = inner.add_parser("info", help="shapes, counts, statistics, a picture", description=info.__doc__)
    verb.add_argument("name", metavar="NAME", help="what --data takes")
    _add_options(verb)
    verb.add_argument("--picture", type=Path, metavar="FILE.png", help="draw some events of each class")
    verb.add_argument("--json", action="store_true", help="one JSON object")
    verb.set_defaults(do=_info)
    verb = inner.add_parser("prepare", help="prepare a set of TFDS", description=prepare.__doc__)
    verb.add_argument("name", metavar="NAME", help="as TFDS calls it: mnist, fashion_mnist, …")
    verb.add_argument("--download", action="store_true", help="fetch from the network what is not there")
    verb.add_argument("--manual-dir", type=Path, metavar="FOLDER", help="where the files are")
    verb.set_defaults(do=lambda args: prepare(args.name, download=args.download, manual_dir=args.manual_dir))
    verb = inner.add_parser("convert", help="write a set as shards, to stream it from", description=convert.__doc__)
    verb.add_argument("name", metavar="SRC", help="what --data takes")
    verb.add_argument("folder", metavar="DST", type=Path, help="a folder that does not exist")
    verb.add_argument("--to", choices=("npy", "array_record"), default="npy", help="format of the files (npy)")
    _add_options(verb)
    verb.set_defaults(do=lambda args: convert(_asked(args), args.folder, args.to))


def _add_options(verb: argparse.ArgumentParser) -> None:
    """The flags of `DataOptions`."""
    hints = get_type_hints(DataOptions)
    for field in dataclasses.fields(DataOptions)[1:]:
        if hints[field.name] is bool:
            verb.add_argument(flag(field.name), action="store_true")
            continue
        if isinstance(field.default, tuple):
            verb.add_argument(flag(field.name), type=int, nargs="+", default=field.default)
            continue
        choices = get_args(hints[field.name]) if get_origin(hints[field.name]) is Literal else None
        verb.add_argument(flag(field.name), type=type(field.default), default=field.default, choices=choices)


def _asked(args: argparse.Namespace) -> DataOptions:
    given: dict[str, Any] = {f.name: getattr(args, f.name) for f in dataclasses.fields(DataOptions)[1:]}
    given["classes"] = tuple(given["classes"])
    return DataOptions(args.name, **given)


def _info(args: argparse.Namespace) -> None:
    info(_asked(args), picture=args.picture, as_json=args.json)


def info(options: DataOptions, *, picture: Path | None = None, as_json: bool = False) -> None:
    """What a set is: shape, range, examples of each class in each split, mean and deviation, fingerprints, licence."""
    from aelab import data

    if picture and picture.suffix.lower() != ".png":
        raise ConfigError(f"--picture: {picture} must end in .png")
    splits = data.load(options)
    about = describe(splits)
    if picture:
        draw(splits, picture)
    if as_json:
        return print(json.dumps(about))
    _print(about)
    if picture:
        print(f"picture: {picture}")


def describe(splits: Splits) -> dict[str, Any]:
    """Everything `info` says, as JSON values; mean and deviation are of what a model sees."""
    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    return {
        "name": splits.name,
        "licence": licence(splits.name),
        "spec": splits.spec._asdict(),
        "splits": {name: _about(part) for name, part in parts.items() if part is not None},
    }


def licence(name: str) -> str:
    """The licence of a set, as far as it is known."""
    if name in LICENCES or not name.startswith("tfds:"):
        return LICENCES.get(name, "that of your own files" if ":" in name else "unknown")
    from aelab.data import tfds

    folder = tfds.folder_of(name)
    said = json.loads((folder / "dataset_info.json").read_text()) if folder else {}
    return said.get("redistributionInfo", {}).get("license") or "unknown: see the homepage of the set"


def _about(part: Source) -> dict[str, Any]:
    from aelab.data.arrays import labels, moments
    from aelab.data.normalise import normalise

    mean, std, _ = moments(part)
    label = labels(part)
    counts = [] if label is None else np.bincount(label, minlength=len(part.spec.classes)).tolist()
    return {
        "examples": len(part),
        "classes": dict(zip(part.spec.classes, counts, strict=False)),
        "mean": normalise(mean, part.spec).tolist(),
        "std": (std / np.asarray(part.spec.scale)).tolist(),
        "fingerprint": part.fingerprint,
    }


def _print(about: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    spec = about["spec"]
    console = Console(width=None if os.isatty(1) else 120)
    what = {"unit": "numbers in [0, 1]", "real": "numbers standardised on the training events"}[spec["values"]]
    levels = f", {spec['levels']} levels" if spec["levels"] else ""
    console.print(about["name"], markup=False, highlight=False)
    console.print(
        f"events {' × '.join(map(str, spec['shape']))}, stored as {spec['dtype']}{levels}; the model sees {what}",
        highlight=False,
    )
    console.print(f"licence: {about['licence']}", highlight=False, markup=False)
    table = Table("split", "examples", "mean", "std", "sha256")
    for name, part in about["splits"].items():
        table.add_row(name, f"{part['examples']:,}", _few(part["mean"]), _few(part["std"]), part["fingerprint"][:16])
    console.print(table)
    if spec["classes"]:
        table = Table("class", *about["splits"])
        for name in spec["classes"]:
            counts = [part["classes"].get(name, 0) for part in about["splits"].values()]
            table.add_row(console.render_str(name, markup=False), *(f"{count:,}" for count in counts))
        console.print(table)


def _few(numbers: list[float]) -> str:
    return " ".join(f"{x:.4f}" for x in numbers[:4]) + (" …" if len(numbers) > 4 else "")


def prepare(name: str, *, download: bool = False, manual_dir: Path | None = None) -> None:
    """Prepare a set in the TFDS folder, TFDS_DATA_DIR, as array_record; the network is used only with --download."""
    from aelab.data import tfds, tfds_prepare

    name = name.removeprefix("tfds:")
    folder = tfds_prepare.prepare(
        name, tfds.tfds_root(), download=download, manual_dir=manual_dir or tfds.canonical_folder(name)
    )
    print(f"prepared: {folder}; use it with --data tfds:{name}")


def convert(options: DataOptions, folder: Path, to: str) -> None:
    """Write a set as .npy or array_record shards, which a run streams: its splits, spec and fingerprints stay."""
    from aelab.data.convert import convert as write

    write(options, folder, to=to)
    print(f"converted: {folder}; use it with --data shards:{folder}")


def draw(splits: Splits, path: Path) -> None:
    """Write a PNG with some training events of each class, or of all where there are none.

    Raises:
        StorageError: it cannot be written.
    """
    from aelab.figures import paper
    from aelab.figures.tiles import tiles
    from aelab.runs.atomic import write_atomically

    events, rows = chosen(splits.train)
    with paper.style():
        write_atomically(path, paper.png(tiles(events, title=splits.name, rows=rows)))


def chosen(source: Source) -> tuple[np.ndarray, list[str]]:
    """Events as a model sees them, `[row, column, *event]`, NaN where there is none, and the name of each row."""
    from aelab.data.arrays import labels

    classes, label = list(source.spec.classes[:SHOWN]), labels(source)
    if label is None:
        classes, found = [], _rows(_spread(np.arange(len(source)), SHOWN**2))
    else:
        found = [_spread(np.flatnonzero(label == i), SHOWN) for i in range(len(classes))]
    events = np.full((len(found), max(map(len, found)), *source.spec.shape), np.nan, np.float32)
    for row, indices in zip(events, found, strict=True):
        if len(indices):
            row[: len(indices)] = drawn(source, indices)
    return events, classes


def _spread(indices: np.ndarray, count: int) -> np.ndarray:
    """At most `count` of them, from the first to the last."""
    return indices if len(indices) <= count else indices[np.linspace(0, len(indices) - 1, count).astype(int)]


def _rows(indices: np.ndarray) -> list[np.ndarray]:
    return np.split(indices, range(SHOWN, len(indices), SHOWN))


def drawn(source: Source, indices: np.ndarray) -> np.ndarray:
    """Events as a model sees them, NaN behind the end of a series."""
    from aelab.data.normalise import normalised

    batch = source.get_batch(indices)
    x = normalised(batch, source.spec)
    if "length" in batch:
        x[np.arange(x.shape[1]) >= batch["length"][:, None]] = np.nan
    return x
