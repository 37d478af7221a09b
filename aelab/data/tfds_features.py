"""Which feature of a set of TFDS is the event, which one its class, and what the event looks like."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from aelab.config import DataOptions
from aelab.data.files import shown
from aelab.data.pictures import Form
from aelab.data.source import Spec
from aelab.errors import ConfigError, DataError


class Reading(NamedTuple):
    """How a record becomes an event."""

    names: tuple[str, ...]  # the feature, or several numbers that become a vector
    label: str | None
    form: Form | None  # of pictures


def reading_of(builder: Any, folder: Path, options: DataOptions) -> tuple[Reading, Spec]:
    """Which features are the event and its class: what the set says is supervised, else the only ones of their kind.

    Raises:
        ConfigError: `image_size` for a set without pictures.
        DataError: nothing can be the event, or pictures differ in size and nothing says which one is wanted.
    """
    import tensorflow_datasets as tfds

    kinds = tfds.features
    features = dict(builder.info.features.items())
    keys = [key if isinstance(key, str) else None for key in builder.info.supervised_keys or (None, None)][:2]
    classes = [name for name, feature in features.items() if isinstance(feature, kinds.ClassLabel)]
    label = next((name for name in (keys[1], "label") if name in classes), classes[0] if len(classes) == 1 else None)
    names = features[label].names if label else ()
    images = [n for n, f in features.items() if isinstance(f, kinds.Image) and not isinstance(f, kinds.LabeledImage)]
    image = next((name for name in (keys[0], "image") if name in images), images[0] if len(images) == 1 else None)
    if image and features[image].np_dtype != np.float32:
        how, spec = _picture(folder, image, label, features[image], options)
        return how, spec._replace(classes=tuple(names))
    if options.image_size:
        raise ConfigError(f"--image-size: {options.data} holds no pictures; leave it out")
    numbers = [n for n, f in features.items() if n not in classes and f.np_dtype.kind in "buif"]
    whole = [n for n in numbers if features[n].shape and None not in features[n].shape and len(features[n].shape) <= 3]
    scalars = tuple(sorted(n for n in numbers if features[n].shape == ()))
    event = next((n for n in (image, keys[0], "features") if n in whole), whole[0] if len(whole) == 1 else None)
    if event is None and not scalars:
        raise DataError(f"{shown(folder)}: none of its features can be the event: {', '.join(features)}")
    shape = features[event].shape if event else (len(scalars),)
    return Reading((event,) if event else scalars, label, None), Spec(shape, "float32", "real", classes=tuple(names))


def _picture(folder: Path, name: str, label: str | None, feature: Any, options: DataOptions) -> tuple[Reading, Spec]:
    height, width, channels = feature.shape
    if None in (height, width) and not options.image_size:
        raise DataError(f"{shown(folder)}: its pictures have different sizes; give --image-size")
    deep = feature.np_dtype == np.uint16
    form = Form(options.image_size, 1 if channels == 1 else 3, deep)
    size = (form.size, form.size) if form.size else (height, width)
    top = 65535 if deep else 255
    spec = Spec((*size, form.channels), "uint16" if deep else "uint8", "unit", scale=float(top), levels=top + 1)
    return Reading((name,), label, form), spec
