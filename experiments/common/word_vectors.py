"""Word vectors out of the wheel `wordllama` (MIT, github.com/dleemiller/WordLlama): 32,000 tokens of 256 numbers each.

The wheel is a zip file. Nothing of it is installed or run: its weights are read as the bytes that they are, and its
vocabulary as JSON.
"""

import json
import struct
from pathlib import Path

import numpy as np

from aelab.data.files import archive, shown
from aelab.errors import DataError
from aelab.runs.atomic import storing, write_atomically

WEIGHTS, NAME = "wordllama/weights/l2_supercat_256.safetensors", "embedding.weight"
VOCABULARY = "wordllama/tokenizers/l2_supercat_tokenizer_config.json"


def unpack(wheel: Path, folder: Path) -> str:
    """Write `words.npy` and `words.txt` into a folder and give the name of the set, `npy:…/words.npy`.

    Raises:
        DataError: no such file, or not that wheel.
        StorageError: they cannot be written.
    """
    with archive(wheel) as file:
        if missing := [name for name in (WEIGHTS, VOCABULARY) if name not in file.namelist()]:
            raise DataError(f"{shown(wheel)}: holds no {missing[0]}; give the wheel wordllama 0.4.0")
        x, words = tensor(file.read(WEIGHTS)), names(json.loads(file.read(VOCABULARY))["model"]["vocab"])
    with storing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "words.npy", x)
    write_atomically(folder / "words.txt", ("\n".join(words) + "\n").encode())
    return f"npy:{folder / 'words.npy'}"


def tensor(data: bytes) -> np.ndarray:
    """The vectors out of a file of safetensors: the length of a header in JSON, the header, and the numbers.

    Raises:
        DataError: they are of another type than those of the wheel that is asked for.
    """
    (length,) = struct.unpack("<Q", data[:8])
    said = json.loads(data[8 : 8 + length])[NAME]
    begin, end = said["data_offsets"]
    if said["dtype"] != "F16":
        raise DataError(f"{WEIGHTS}: its numbers are {said['dtype']}, not F16; give the wheel wordllama 0.4.0")
    return np.frombuffer(data[8 + length :][begin:end], "<f2").reshape(said["shape"]).astype(np.float32)


def names(vocabulary: dict[str, int]) -> list[str]:
    """The tokens in the order of their rows, a line each; a space before a word is written as _."""
    plain = (token.replace("\u2581", "_") for token in sorted(vocabulary, key=vocabulary.__getitem__))
    return [token.encode("unicode_escape").decode() if not token.isprintable() else token for token in plain]
