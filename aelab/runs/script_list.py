"""Which scripts this package has, by what they do. They are read and not imported, so a list of them costs nothing."""

import ast

from aelab.runs import scripts

ONE_RUN, TABLE = "build", "run"  # the function that a script of one run defines, and that of a table


def described(function: str) -> dict[str, str]:
    """The scripts of this package that define a function, by short name, each with the first line of its text."""
    texts = {path.stem: path.read_text() for path in sorted(scripts.FOLDER.glob("[a-z]*.py"))}
    return {name: _first_line(text) for name, text in texts.items() if f"\ndef {function}(" in text}


def _first_line(text: str) -> str:
    """Of the text that a module begins with."""
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]
