"""What `aelab data info` says of a set: licence, shape, counts of classes, moments and fingerprints."""

import json
import os
from typing import Any

import numpy as np

from aelab.data.source import Source, Splits

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


def describe(splits: Splits) -> dict[str, Any]:
    """Everything `info` says, as JSON values; mean and deviation are of what a model sees."""
    parts = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    return {
        "name": splits.name,
        "licence": licence(splits.name),
        "spec": splits.spec._asdict(),
        "notes": list(splits.notes),
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
    counts = [] if label is None else np.bincount(label[label >= 0], minlength=len(part.spec.classes)).tolist()
    return {
        "examples": len(part),
        "classes": dict(zip(part.spec.classes, counts, strict=False)),
        "mean": normalise(mean, part.spec).tolist(),
        "std": (std / np.asarray(part.spec.scale)).tolist(),
        "fingerprint": part.fingerprint,
    }


def show(about: dict[str, Any]) -> None:
    """Print what `describe` found, with a table of the splits and one of the classes."""
    from rich.console import Console
    from rich.table import Table

    spec = about["spec"]
    console = Console(width=None if os.isatty(1) else 120)
    kind = {1: "vectors", 2: "series (time, channel)", 3: "images (height, width, channel)"}[len(spec["shape"])]
    by = {1: "each column", 2: "each channel", 3: "each channel"}[len(spec["shape"])]
    top = float(np.max(spec["scale"]))
    divided = f", what is stored divided by {top:g}" if top != 1 and spec["values"] == "unit" else ""
    what = {"unit": f"numbers in [0, 1]{divided}", "real": f"{by} standardised on the training events"}[spec["values"]]
    levels = f", {spec['levels']} levels" if spec["levels"] else ""
    seen = "the model sees columns of several kinds" if spec["columns"] else f"the model sees {what}"
    console.print(about["name"], markup=False, highlight=False)
    console.print(
        f"{kind} of {' × '.join(map(str, spec['shape']))}, stored as {spec['dtype']}{levels}; {seen}",
        highlight=False,
    )
    if spec["missing"]:
        console.print("some entries were not observed: no loss and no score looks at them")
    for note in about["notes"]:
        console.print(f"note: {note}", highlight=False, markup=False)
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
