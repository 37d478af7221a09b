"""OMNIGLOT, background set small 1: drawings of characters (Lake, Salakhutdinov and Tenenbaum 2015,
doi:10.1126/science.aab3050).

2,720 drawings of 105 by 105, 20 of each of 136 characters of 5 alphabets. They are bits, ink is 1.
"""

import io
import os
from pathlib import Path, PurePosixPath

import numpy as np

from aelab.config import DataOptions
from aelab.data.arrays import ArraySource
from aelab.data.files import archive, shown
from aelab.data.labels import class_names
from aelab.data.own import split_roles
from aelab.data.pictures import Form, decode
from aelab.data.source import Spec, Splits
from aelab.errors import DataError

FILE = "omniglot/images_background_small1.zip"
SPEC = Spec((105, 105, 1), "uint8", "unit", levels=2)
MEMBER = 1 << 20  # bytes of a drawing; those of the set have some hundreds


def load(options: DataOptions) -> Splits:
    """80/10/10 at the usual share of 0.1; a class is named `alphabet/character`. Nothing is unpacked to the disk.

    Raises:
        DataError: the file is missing or broken.
    """
    path = Path(os.environ.get("AELAB_DATA_DIR") or "$AELAB_DATA_DIR") / FILE
    if not path.is_file():
        raise DataError(f"{shown(path)}: No such file; set AELAB_DATA_DIR to the folder that holds {FILE}")
    with archive(path) as file:
        members = [PurePosixPath(name) for name in sorted(file.namelist()) if name.endswith(".png")]
        members = [member for member in members if "__MACOSX" not in member.parts and len(member.parts) >= 3]
        drawings = [_drawing(file.open(str(member)).read(MEMBER), member) for member in members]
    names = np.array(["/".join(member.parts[-3:-1]) for member in members])
    classes, (label,) = class_names([names], [len(members)], path) if members else ((), [None])
    x = np.array(drawings, np.uint8).reshape(-1, *SPEC.shape)
    return split_roles(options, {"train": ArraySource(x, label, SPEC._replace(classes=classes))}, path)


def _drawing(content: bytes, member: PurePosixPath) -> np.ndarray:
    x = decode(io.BytesIO(content), Form(0, 1))
    if x.shape != SPEC.shape:
        raise ValueError(f"{member}: a picture of shape {x.shape}, those of the set are {SPEC.shape}")
    return x < 128  # black on white in the files
