"""What the type of a field says beyond its bounds: `Annotated[NonNegative, Traced()]`."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, get_type_hints

Marker = TypeVar("Marker")


@dataclass(frozen=True)
class Traced:
    """This number reaches the training step as a traced scalar, `hyper.<field>`, and no program depends on its value.

    So a sweep over it compiles once, and runs that differ in it alone train together as a population. In a program that
    knows such a number only as an argument, 0 may still mean that its part is left out: runs with 0 and runs with
    another value never share a program.
    """

    epochs: bool = False  # the field counts epochs, and `hyper` the steps that they are


@lru_cache(maxsize=256)
def marked(kind: type, marker: type[Marker]) -> dict[str, Marker]:
    """The fields of a dataclass whose type carries a marker, with it."""
    hints: dict[str, Any] = get_type_hints(kind, include_extras=True)
    found = ((name, extra) for name, hint in hints.items() for extra in getattr(hint, "__metadata__", ()))
    return {name: extra for name, extra in found if isinstance(extra, marker)}
