"""What a field says beyond its bounds: that its number is traced, and since when it exists.

gamma: Annotated[NonNegative, Traced()] = since("0.2.0", 0.0)  # weight of the second term
"""

import dataclasses
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, get_type_hints

Marker = TypeVar("Marker")


@dataclass(frozen=True)
class Traced:
    """This number reaches the training step as a traced scalar, `hyper.<field>`, and no program depends on its value.

    So a sweep over it compiles once, and runs that differ in it alone train together as a population. `build` may leave
    the part of a number that is 0 out of the program, so runs with 0 and runs with another value share none, unless
    the field says that its 0 is a number like all others.
    """

    epochs: bool = False  # the field counts epochs, and `hyper` the steps that they are
    switch: bool = True  # 0 switches its part of the program off
    rise: bool = False  # says how long something rises; validation takes 0, as if it had risen


class Since(NamedTuple):
    """How old a field is, and the value that means what runs did before it came."""

    version: str
    before: Any


def since(version: str, before: Any, default: Any = None) -> Any:
    """The default of a field that is younger than runs which are to keep their names.

    A run whose field has the value `before`, which means what runs did without the field, neither states it nor is
    named by it. The default is that value too, unless another is given.
    """
    value = before if default is None else default
    return dataclasses.field(default=value, metadata={"since": Since(version, before)})


@lru_cache(maxsize=256)
def marked(kind: type, marker: type[Marker]) -> dict[str, Marker]:
    """The fields of a dataclass whose type carries a marker, with it; one that a base class marked stays marked."""
    found: dict[str, Marker] = {}
    for base in reversed(kind.__mro__[:-1]):
        for name, hint in get_type_hints(base, include_extras=True).items():
            found.update((name, extra) for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, marker))
    return found


def before(kind: type) -> dict[str, Any]:
    """What each younger field of a dataclass stands for where a run does not state it, as JSON values."""
    fields = (field for base in reversed(kind.__mro__) for field in getattr(base, "__dataclass_fields__", {}).values())
    marks = {field.name: field.metadata["since"] for field in fields if "since" in field.metadata}
    return {name: json.loads(json.dumps(mark.before)) for name, mark in marks.items()}
