"""`aelab VERB …`: the command line. A verb is a frozen dataclass, a flag a field, and its `run` does it."""

from aelab.cli.main import main

__all__ = ["main"]
