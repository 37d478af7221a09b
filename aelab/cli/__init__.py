"""`aelab VERB …`: the command line."""

from aelab.cli.verbs import main

__all__ = ["main"]
