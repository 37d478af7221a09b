"""`jax.export`: each function as a StableHLO program with the parameters inside, for any size of the batch."""

from pathlib import Path

import jax
from jax import export

from aelab.export.functions import Function
from aelab.export.subject import Subject
from aelab.runs.atomic import write_atomically

PLATFORMS = ("cpu", "cuda", "tpu")
SUFFIX = ".jax_export"


def write(subject: Subject, folder: Path) -> dict[str, str]:
    """A file for each function; gives what each holds.

    Raises:
        ConfigError: a function that cannot be traced without the size of its batch.
        StorageError: they cannot be written.
    """
    files = {}
    for function in subject.functions():
        name = f"{function.name}{SUFFIX}"
        write_atomically(folder / name, serialised(function), "--output")
        files[name] = f"`{function.name}({', '.join(function.inputs)})` gives {function.said}, by `jax.export`"
    return files


def serialised(function: Function) -> bytes:
    """The bytes that `jax.export.deserialize` reads.

    Raises:
        ConfigError: it cannot be traced without the size of its batch, or has no form on one of the platforms.
    """
    try:
        return bytes(export.export(jax.jit(function.call), platforms=PLATFORMS)(*function.forms).serialize())
    except Exception as error:  # whatever JAX says of a form that it cannot export
        raise function.refused("stablehlo", error) from None
