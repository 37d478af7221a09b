"""ONNX: encoder and decoder for ONNX Runtime, by the library jax2onnx."""

import importlib
import logging
import warnings
from pathlib import Path

from aelab.errors import ConfigError
from aelab.export.functions import Function
from aelab.export.plain import plain
from aelab.export.subject import Subject
from aelab.runs.atomic import write_atomically

FILES = {"encode": "encoder.onnx", "decode": "decoder.onnx"}
NOISY = ("jax2onnx", "onnx_ir")  # loggers that speak of what does not concern these models


def write(subject: Subject, folder: Path) -> dict[str, str]:
    """A file for encoder and decoder each; gives what each holds.

    Raises:
        ConfigError: jax2onnx is not installed, or knows no form of an operation.
        StorageError: they cannot be written.
    """
    files = {}
    for function in subject.functions():
        if name := FILES.get(function.name):
            write_atomically(folder / name, converted(function), "--output")
            files[name] = f"`{function.name}({', '.join(function.inputs)})` gives {function.said}, as ONNX"
    return files


def converted(function: Function) -> bytes:
    """The bytes of an ONNX model; its inputs have the names of the function's, and the batch is of any size.

    Raises:
        ConfigError: jax2onnx is not installed, or knows no form of an operation.
    """
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
    try:
        to_onnx = importlib.import_module("jax2onnx").to_onnx
    except ImportError as error:
        said = f"--formats onnx: needs the package jax2onnx, which cannot be imported ({error})"
        raise ConfigError(f"{said}; pip install 'aelab[onnx]'") from None
    forms = function.forms
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the library's own parts that are for other models
            made = to_onnx(plain(function.call, forms), forms, input_names=list(function.inputs))
    except Exception as error:  # whatever it says of an operation that it does not know
        raise function.refused("onnx", error) from None
    return made.SerializeToString()
