"""What a run in one process says to the others, which it does not have."""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Differences = Callable[[Any, Any], Iterable[str]]  # `(there, here)`, a line for every entry that differs


class Alone:
    """A run in this process alone."""

    index, count = 0, 1

    def agree(self, ticket: Callable[[], Mapping[str, Any]], differences: Differences) -> None:
        """Require that all processes have the same ticket."""

    def meet(self, said: Any = None) -> list[Any]:
        """Wait until all processes have come this far; gives what each of them `said`."""
        return [said]

    def explained(self) -> contextlib.AbstractContextManager[None]:
        """Errors that a lost process causes in this one become an `AelabError` that says so."""
        return contextlib.nullcontext()
