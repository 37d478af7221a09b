"""`aelab export RUN`: the folder, all formats, whole or not at all."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from aelab.export import card, onnx, stablehlo, weights
from aelab.export.subject import Subject, Which, read
from aelab.runs.atomic import whole_folder, write_atomically
from aelab.runs.folder import WEIGHTS
from aelab.runs.own_scripts import Trust

# A format beside safetensors, and what writes it: it gives the files that it has written, with what each holds.
WRITERS: dict[str, Callable[[Subject, Path], dict[str, str]]] = {"stablehlo": stablehlo.write, "onnx": onnx.write}
DEFAULT = ("safetensors", "stablehlo")  # what needs no further package


class Extra(NamedTuple):
    """A file that somebody else has made of the run."""

    content: bytes
    said: str  # what it holds, in words


NONE: Mapping[str, Extra] = MappingProxyType({})


def export(
    path: Path,
    output: Path | None = None,
    *,
    formats: Sequence[str] = DEFAULT,
    which: Which = "last",
    trust: Trust = False,
    extra: Mapping[str, Extra] = NONE,
) -> Path:
    """Write the model of a run into a new folder, and give that folder. safetensors are there in any case.

    `extra` are more files, by their names. The folder has its name when all of them are in it.

    Raises:
        ConfigError: no run, a folder that is there already, or a format that this model or this machine does not have.
        CheckpointError: no checkpoint that verifies.
        StorageError: the folder cannot be written.
    """
    subject = read(path, which, trust)
    output = output or Path("exports", subject.name)
    with whole_folder(output) as folder:
        weights.write(subject, folder)
        files = {WEIGHTS: "all parameters, by their paths", "config.json": "all settings, and the spec of the data"}
        for name in (name for name in WRITERS if name in formats):
            files |= WRITERS[name](subject, folder)
        for name, each in extra.items():
            write_atomically(folder / name, each.content, "--output")
            files[name] = each.said
        write_atomically(folder / "README.md", card.card(subject, files).encode(), "--output")
    return output
