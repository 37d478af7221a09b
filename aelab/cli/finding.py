"""One line of `aelab doctor`."""

from typing import Literal, NamedTuple


class Finding(NamedTuple):
    """What was looked at, how it is, and what would help where it could be better; an exit code where it is wrong."""

    name: str
    state: Literal["ok", "note", "wrong"]
    said: str
    help: str = ""
    code: int = 0

    @property
    def line(self) -> str:
        """For a terminal."""
        return f"{self.state:<6} {self.name:<8} {self.said}" + (f"; {self.help}" if self.help else "")


def size(count: float) -> str:
    """Bytes as a person reads them."""
    if count < 2**20:
        return f"{count / 2**10:.0f} KiB"
    return f"{count / 2**20:.0f} MiB" if count < 2**30 else f"{count / 2**30:.1f} GiB"
